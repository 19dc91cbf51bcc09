"""Which machines there are: the presence check, and reading those that are new or have to be read again."""

from datetime import datetime, timedelta

from sqlalchemy import select

from gough.persistence.models import Machine, Region
from gough.services import observing
from gough.services.sync.events import follow_events
from gough.services.sync.recording import fetch
from gough.services.sync.visit import Visit


def check_presence(visit: Visit) -> None:
    """Fetch machines that are new to us, mark those that are gone. Events are followed meanwhile."""
    asked_at = visit.now()
    present, _ = visit.ask(visit.client.system_ids)
    unread = _unread(visit, present, asked_at)
    if unread:
        visit.set(import_total=len(present), import_done=len(present) - len(unread))
        fetch(visit, unread, between=_Progress(visit, len(present) - len(unread)))
    region = visit.region
    visit.set(
        presence_at=asked_at, imported_at=region.imported_at or asked_at, reread_before=None, import_total=0,
        import_done=0,
    )  # fmt: skip


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

    def __init__(self, visit: Visit, done: int) -> None:
        self._visit, self._done = visit, done
        self._every = timedelta(seconds=visit.use.settings.maas_poll_seconds)
        self._events_at = visit.now()

    def __call__(self, count: int) -> None:
        self._done += count
        self._visit.set(import_done=self._done, chunk_size=self._visit.chunk_size)
        if (now := self._visit.now()) - self._events_at >= self._every:
            follow_events(self._visit, None)
            self._events_at = now
