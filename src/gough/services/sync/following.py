"""Following one region for as long as it is our turn: polls at their pace, and the feed's notices in between."""

from collections.abc import Callable

import structlog

from gough.domain.errors import GoughError
from gough.persistence.models import Region
from gough.services.context import Use
from gough.services.sync.feeding import FeedReader
from gough.services.sync.polling import poll
from gough.services.sync.recording import fetch
from gough.services.sync.visit import Visit
from gough.services.waking import Bell

log = structlog.get_logger()


def follow(use: Use, region_id: str, ended: Callable[[], bool], bell: Bell) -> None:
    """Until `ended()`; whoever makes it true rings the bell. Raises nothing of ours."""
    reader = FeedReader(use, region_id, bell)
    reading, next_poll, next_notices = None, 0.0, 0.0
    try:
        while not ended():
            heard, now = bell.rings, use.timer()
            if now >= next_poll:
                reading = poll(use, region_id, reading)
                reader.keep_open()
                next_poll = use.timer() + use.settings.maas_poll_seconds
            elif now >= next_notices and reader.has_notices:
                took = _fetch_noticed(use, region_id, reader.take())
                next_notices = use.timer() + took  # half of the region's time at the most
            else:
                until = min(next_poll, next_notices) if reader.has_notices else next_poll
                bell.wait(until - now, heard=heard)
    finally:
        reader.close()


def _fetch_noticed(use: Use, region_id: str, system_ids: list[str]) -> float:
    """Read what the feed named. When that fails the next poll tells why, and the reconcile finds the change."""
    try:
        with use.database.read() as session:
            region, now = session.get_one(Region, region_id), use.database.now(session)
        visit = Visit(use, region, now)
        took = fetch(visit, system_ids)
        visit.end_notices()
    except GoughError as error:
        log.warning("noticed machines not read", region=region_id, error=str(error))
        return use.settings.maas_poll_seconds
    return took
