"""The event cursor: page by page, with an overlap, each event once."""

from datetime import timedelta

from gough.domain.maas_events import PROGRESS
from gough.persistence.models import Region
from gough.services.sync.history import mark_of, without_mark
from gough.services.sync.recording import Events, fetch, record_progress, recorded_ids, unknown
from gough.services.sync.visit import Visit

OVERLAP = timedelta(seconds=60)  # MAAS commits events out of the order of their ids; this late at the most


def follow_events(visit: Visit) -> None:
    """Read the event log from the cursor; fetch each machine that an event may have changed.

    The cursor stays before the first missing id for as long as that event may still be committed. Raises
    HistoryChanged when the region was restored from a backup.
    """
    with visit.use.database.read() as session:
        region = session.get_one(Region, visit.region.id)
    after = (region.event_cursor or 0) - len(region.event_marks)  # so that it begins with the event at the cursor
    page = without_mark(visit, region, visit.ask(lambda: visit.client.events(after))[0])
    while page:
        _take(visit, region, page)
        cursor = settled(page, region.event_cursor or 0)
        region.event_marks = [mark_of(event) for event in page if event.id == cursor] or region.event_marks
        region.event_cursor = cursor
        visit.set(event_cursor=cursor, event_marks=region.event_marks)
        page = visit.ask(lambda after=page[-1].id: visit.client.events(after))[0]  # type: ignore[misc]


def _take(visit: Visit, region: Region, page: Events) -> None:
    with visit.use.database.read() as session:
        seen = recorded_ids(session, region, page, settled=True)
    news = [event for event in page if event.id not in seen]
    read = {event.system_id for event in news if event.type not in PROGRESS} | unknown(visit, news)
    record_progress(visit, [event for event in news if event.system_id not in read])
    fetch(visit, sorted(read), page)
    if news:
        visit.lag = max(0.0, (visit.now() - news[-1].created).total_seconds())


def settled(page: Events, cursor: int) -> int:
    """The last id before which nothing new can appear: no id is missing up to it, or it is older than the overlap."""
    horizon = page[-1].created - OVERLAP
    cursor = max([cursor, *(event.id for event in page if event.created < horizon)])
    for event in page:
        if event.id == cursor + 1:
            cursor = event.id
    return cursor
