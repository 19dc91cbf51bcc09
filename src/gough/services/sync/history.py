"""Noticing that a region was restored from a backup: its event ids go back and are given again to other events."""

from datetime import datetime

from gough.services.sync.events import mark_of
from gough.services.sync.visit import Visit


def is_the_same(visit: Visit) -> bool:
    """Whether the region still has the history that Gough knows. One request, where nothing is wrong.

    An event ends with its machine, so a missing one proves nothing; one that looks otherwise does, and so does a
    newest event that is older than one seen before.
    """
    marks = visit.region.event_marks
    for mark in marks:
        found, _ = visit.ask(lambda up_to=int(mark[0]): visit.client.newest_event(up_to=up_to))  # type: ignore[misc]
        if found is not None and found.id == mark[0]:
            return bool(mark_of(found) == mark)
    newest, _ = visit.ask(visit.client.newest_event)
    return not marks or (newest is not None and newest.id >= max(int(mark[0]) for mark in marks))


def begin_again(visit: Visit, now: datetime) -> None:
    """Follow the events from here on, and read every machine once more."""
    newest, _ = visit.ask(visit.client.newest_event)
    region, last = visit.region, max((int(mark[0]) for mark in visit.region.event_marks), default=0)
    cursor = newest.id if newest else 0
    said = (
        f"{now:%Y-%m-%d %H:%M} UTC: MAAS's event log, read up to {last}, now ends at {cursor} and differs: restored "
        "from a backup? All machines were read again; events between the backup and now are lost in MAAS."
    )
    visit.set(
        event_epoch=region.event_epoch + 1, event_cursor=cursor, event_marks=[mark_of(newest)] if newest else [],
        reread_before=now, presence_at=None, remark=said,
    )  # fmt: skip
