"""One look at a region, from beginning to end."""

import structlog

from gough.domain.errors import GoughError
from gough.persistence.models import Region
from gough.services import regions
from gough.services.context import Use
from gough.services.sync.events import follow_events
from gough.services.sync.history import HistoryChanged, begin_again, mark_of
from gough.services.sync.importing import import_unread
from gough.services.sync.reading import Reading
from gough.services.sync.reconcile import reconcile
from gough.services.sync.visit import Visit, set_region
from gough.services.turns import turn

log = structlog.get_logger()


def poll_all(use: Use, readings: dict[str, Reading | None] | None = None) -> None:
    """One look at every region that nobody else is looking at. A region in trouble does not stop the others.

    `readings`, by region, goes from one call to the next.
    """
    readings = {} if readings is None else readings
    with use.database.read() as session:
        ids = [region.id for region in regions.listed(session)]
    for region_id in ids:
        with turn(use, region_id) as ours:
            if ours is not None:
                readings[region_id] = poll(use, region_id, readings.get(region_id))


def poll(use: Use, region_id: str, reading: Reading | None = None) -> Reading | None:
    """One look; how it went is the region's health. Raises nothing of ours.

    `reading` is what the same follower's look before gave; None, as after a failure, begins at the cursor.
    """
    with use.database.read() as session:
        region, now = session.get_one(Region, region_id), use.database.now(session)
    if region.removed_at is not None:
        return None
    try:
        visit = Visit(use, region, now)
    except GoughError as error:  # a key that cannot be unsealed, or has no three parts
        set_region(use, region_id, health="refused", health_reason=f"{error} {error.hint}")
        return None
    try:
        reading = _look(visit, reading)
        visit.end(None)
    except GoughError as error:
        log.warning("region poll failed", region=region.name, error=str(error))
        visit.end(error)
        return None
    return reading


def _look(visit: Visit, reading: Reading | None) -> Reading:
    try:
        return _steps(visit, reading)
    except HistoryChanged:
        begin_again(visit, visit.began_at)
        with visit.use.database.read() as session:
            visit.region = session.get_one(Region, visit.region.id)
        return _steps(visit, None)


def _steps(visit: Visit, reading: Reading | None) -> Reading:
    if visit.region.event_cursor is None:
        newest, _ = visit.ask(visit.client.newest_event)  # before the machines, so that nothing falls between
        visit.set(event_cursor=newest.id if newest else 0, event_marks=[mark_of(newest)] if newest else [])
    import_unread(visit)
    reading = follow_events(visit, reading)
    reconcile(visit)
    return reading
