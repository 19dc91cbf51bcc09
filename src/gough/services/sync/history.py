"""Noticing that a region was restored from a backup: its event ids go back and are given again to other events.

The event at the cursor is read with every page, since the page begins with it: when it looks otherwise, or when it is
missing although its place is taken by others, the region has another history than the one Gough knows.
"""

from datetime import datetime

from sqlalchemy import select

from gough.persistence.models import Machine, MachineEvent, Region
from gough.ports import ProvisionerEvent
from gough.services.sync.recording import Events, key_of
from gough.services.sync.visit import Visit

Mark = list[object]
"""[id, date, system_id] of an event, as JSON keeps it."""


class HistoryChanged(Exception):
    """The region's events are not the ones that Gough has read."""


def mark_of(event: ProvisionerEvent) -> Mark:
    return [event.id, event.created.isoformat(), event.system_id]


def without_mark(visit: Visit, region: Region, page: Events) -> Events:
    """The page behind the event at the cursor. Raises HistoryChanged when that is not the event it was."""
    if not region.event_marks:
        return page
    mark: Mark = region.event_marks[0]
    if page and page[0].id == mark[0]:
        if mark_of(page[0]) != mark:
            raise HistoryChanged
        return page[1:]
    return _without_missing_mark(visit, region)


def _without_missing_mark(visit: Visit, region: Region) -> Events:
    """An event ends with its machine; then the cursor goes back to the newest one that is left.

    A backup from before that event looks the same until something happens again. Ids that are then given once more
    must not count as read, so a new epoch begins either way; after a mere deletion that does no harm.
    """
    cursor = region.event_cursor or 0
    last, _ = visit.ask(lambda: visit.client.newest_event(up_to=cursor))
    if last is not None and _is_another(visit, region, last):
        raise HistoryChanged
    region.event_cursor, region.event_epoch = (last.id if last else 0), region.event_epoch + 1
    region.event_marks = [mark_of(last)] if last else []
    visit.set(event_cursor=region.event_cursor, event_epoch=region.event_epoch, event_marks=region.event_marks)
    return visit.ask(lambda: visit.client.events(region.event_cursor or 0))[0]


def _is_another(visit: Visit, region: Region, event: ProvisionerEvent) -> bool:
    """Whether Gough has recorded another event under this one's id."""
    recorded = (
        select(Machine.system_id, MachineEvent.occurred_at)
        .join(Machine, Machine.id == MachineEvent.machine_id)
        .where(MachineEvent.dedup_key == key_of(region, event))
    )
    with visit.use.database.read() as session:
        row = session.execute(recorded).first()
    return row is not None and (row[0], row[1]) != (event.system_id, event.created)


def begin_again(visit: Visit, now: datetime) -> None:
    """Follow the events from here on, and read every machine once more."""
    newest, _ = visit.ask(visit.client.newest_event)
    with visit.use.database.read() as session:
        region = session.get_one(Region, visit.region.id)
    read_to, cursor = region.event_cursor or 0, newest.id if newest else 0
    said = (
        f"{now:%Y-%m-%d %H:%M} UTC: MAAS's event log, read up to {read_to}, now ends at {cursor} and differs: restored "
        "from a backup? All machines were read again; what MAAS did between the backup and now is lost there."
    )
    visit.set(
        event_epoch=region.event_epoch + 1, event_cursor=cursor, event_marks=[mark_of(newest)] if newest else [],
        reread_before=now, presence_tried_at=None, remark=said,
    )  # fmt: skip
