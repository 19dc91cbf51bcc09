"""The event cursor: page by page, each event once, and those that were missing as soon as they are there."""

from gough.domain.maas_events import PROGRESS
from gough.persistence.models import Region
from gough.services.sync.history import without_mark
from gough.services.sync.reading import MOST_GAPS, Reading
from gough.services.sync.recording import Events, fetch, record_progress, recorded_ids, unknown
from gough.services.sync.visit import Visit

MOST_LATE = 50  # events asked for at once in a gap: late ones have the lowest ids, so they come first


def follow_events(visit: Visit, reading: Reading | None) -> Reading:
    """Read the event log on; fetch each machine that an event may have changed. What to go on with the next time.

    Without a `reading` of before, or when somebody else has followed the region since, from the cursor: that stays
    before the first missing id for as long as its event may still be committed. Raises HistoryChanged when the region
    was restored from a backup.
    """
    with visit.use.database.read() as session:
        region = session.get_one(Region, visit.region.id)
    reading, page = _begin(visit, region, reading)
    for gap in tuple(reading.gaps):
        size = min(gap.last - gap.first + 1, MOST_LATE)
        found = visit.ask(lambda: visit.client.events(gap.first - 1, limit=size))[0]  # noqa: B023
        if late := [event for event in found if event.id <= gap.last]:
            _take(visit, region, late)
            reading.fill(gap, late)
    _settle(visit, region, reading)
    while page:
        _take(visit, region, page)
        reading.add(page)
        _settle(visit, region, reading)
        page = visit.ask(lambda after=page[-1].id: visit.client.events(after))[0]  # type: ignore[misc]
    return reading


def _begin(visit: Visit, region: Region, reading: Reading | None) -> tuple[Reading, Events]:
    """Where to read on, and the first page there."""
    if reading is not None and 0 < len(reading.gaps) <= MOST_GAPS and reading.fits(region):
        page = visit.ask(lambda: visit.client.events(reading.after))[0]
        if reading.continues(page):
            return reading, page[1:]
    after = Reading(region).after
    page = without_mark(visit, region, visit.ask(lambda: visit.client.events(after))[0])
    return Reading(region), page


def _take(visit: Visit, region: Region, page: Events) -> None:
    with visit.use.database.read() as session:
        seen = recorded_ids(session, region, page, settled=True)
    news = [event for event in page if event.id not in seen]
    read = {event.system_id for event in news if event.type not in PROGRESS} | unknown(visit, news)
    record_progress(visit, [event for event in news if event.system_id not in read])
    fetch(visit, sorted(read), page)
    if news:
        visit.lag = max(0.0, (visit.now() - news[-1].created).total_seconds())


def _settle(visit: Visit, region: Region, reading: Reading) -> None:
    cursor, marks = reading.settled
    if (cursor, marks) != (region.event_cursor, region.event_marks):
        region.event_cursor, region.event_marks = cursor, marks
        visit.set(event_cursor=cursor, event_marks=marks)
