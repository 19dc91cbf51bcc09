"""Which machines there are: the presence check, and reading those that are new or have to be read again.

The check costs the region seconds, and its answer carries every BMC's password: it is made at most so often, whatever
comes of it. What it found is written down, so that an import that breaks off goes on where it was.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from gough.persistence.models import Machine, Region
from gough.services import observing
from gough.services.sync.events import follow_events
from gough.services.sync.recording import fetch
from gough.services.sync.visit import Visit


def import_unread(visit: Visit) -> None:
    """Look which machines there are when that is due; read what has to be read. Events are followed meanwhile."""
    region, checked = visit.region, _is_due(visit)
    if checked:
        check_presence(visit)
    if region.unread:
        fetch(visit, region.unread, between=_Progress(visit))
    if checked or region.unread:
        imported_at = region.imported_at or region.presence_at
        visit.set(imported_at=imported_at, unread=[], import_total=0, import_done=0)


def check_presence(visit: Visit) -> None:
    """Mark machines that are gone; write down those that have to be read."""
    region, asked_at = visit.region, visit.now()
    visit.set(presence_tried_at=asked_at)  # before it is asked, so that one that fails is not asked again at once
    present, _ = visit.ask(visit.client.system_ids)
    region.unread, region.presence_at = _unread(visit, present, asked_at), asked_at
    region.import_total = len(present) if region.unread else 0
    visit.set(
        presence_at=asked_at, reread_before=None, unread=region.unread, import_total=region.import_total,
        import_done=region.import_total - len(region.unread),
    )  # fmt: skip


def _is_due(visit: Visit) -> bool:
    tried_at = visit.region.presence_tried_at
    every = timedelta(seconds=visit.use.settings.maas_presence_seconds)
    return tried_at is None or visit.began_at - tried_at >= every


def _unread(visit: Visit, present: frozenset[str], asked_at: datetime) -> list[str]:
    """What has to be read; on the way, machines that are not there any more are marked."""
    with visit.use.database.write() as session:
        region = session.get_one(Region, visit.region.id)
        known = {m.system_id: m for m in session.scalars(select(Machine).where(Machine.region_id == region.id))}
        for system_id in known.keys() - present:
            observing.missing(session, known[system_id], asked_at=asked_at)
        before = region.reread_before
        stale = {
            system_id
            for system_id in present & known.keys()
            if known[system_id].vanished_at or (before is not None and known[system_id].observed_at < before)
        }
    return sorted((present - known.keys()) | stale)


class _Progress:
    """Writes down how far the import is, and follows the events when that is due."""

    def __init__(self, visit: Visit) -> None:
        self._visit, self._read = visit, 0
        self._every = timedelta(seconds=visit.use.settings.maas_poll_seconds)
        self._events_at = visit.now()

    def __call__(self, count: int) -> None:
        self._read += count
        left = self._visit.region.unread[self._read :]
        done = self._visit.region.import_total - len(left)
        self._visit.set(unread=left, import_done=done, chunk_size=self._visit.chunk_size)
        if (now := self._visit.now()) - self._events_at >= self._every:
            follow_events(self._visit, None)
            self._events_at = now
