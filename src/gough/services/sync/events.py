"""The event cursor: page by page, with an overlap, each event once."""

from datetime import timedelta

from gough.domain.maas_events import PROGRESS
from gough.ports import ProvisionerEvent
from gough.services.sync.recording import Events, fetch, record_progress, recorded_ids, unknown
from gough.services.sync.visit import Visit

OVERLAP = timedelta(seconds=60)  # MAAS commits events out of the order of their ids; this late at the most
MARKS = 5  # events remembered by their looks, each of another machine: a deleted machine takes its own with it


def follow_events(visit: Visit) -> None:
    """Read the event log from the cursor; fetch each machine that an event may have changed.

    The cursor stays before the first missing id for as long as that event may still be committed.
    """
    with visit.use.database.read() as session:
        region = session.get_one(type(visit.region), visit.region.id)
    after = cursor = region.event_cursor or 0
    marks = region.event_marks
    while page := visit.ask(lambda start=after: visit.client.events(start))[0]:  # type: ignore[misc]
        with visit.use.database.read() as session:
            seen = recorded_ids(session, region, page, settled=True)
        news = [event for event in page if event.id not in seen]
        read = {event.system_id for event in news if event.type not in PROGRESS} | unknown(visit, news)
        record_progress(visit, [event for event in news if event.system_id not in read])
        fetch(visit, sorted(read), page)
        if news:
            visit.lag = max(0.0, (visit.now() - news[-1].created).total_seconds())
        after, cursor, marks = page[-1].id, settled(page, cursor), marks_of(page, marks)
        visit.set(event_cursor=cursor, event_marks=marks)


def settled(page: Events, cursor: int) -> int:
    """The last id before which nothing new can appear: no id is missing up to it, or it is older than the overlap."""
    horizon = page[-1].created - OVERLAP
    cursor = max([cursor, *(event.id for event in page if event.created < horizon)])
    for event in page:
        if event.id == cursor + 1:
            cursor = event.id
    return cursor


def mark_of(event: ProvisionerEvent) -> list[object]:
    return [event.id, event.created.isoformat(), event.system_id]


def marks_of(page: Events, before: list[list[object]]) -> list[list[object]]:
    """The newest events of a few different machines."""
    newest: dict[object, list[object]] = {}
    for mark in [*(mark_of(event) for event in reversed(page)), *before]:
        newest.setdefault(mark[2], mark)
    return list(newest.values())[:MARKS]
