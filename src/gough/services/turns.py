"""Whose turn it is to follow a region: one process at a time, and a dead one's turn ends by itself, soon.

The turn is as long as a job's lease and is renewed while the poll goes on, so that a region which takes a minute to
answer keeps its poller, and a killed server keeps nobody waiting for longer than its jobs do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

import structlog
from sqlalchemy import update

from gough.domain.errors import GoughError
from gough.persistence.models import Region
from gough.services.context import Use

log = structlog.get_logger()


@contextmanager
def turn(use: Use, region_id: str) -> Iterator[bool]:
    """Whether it is ours; if so, until the block ends."""
    token = take(use, region_id)
    if token is None:
        yield False
        return
    done = Event()
    keeper = Thread(target=_keep, args=(use, region_id, token, done), name="turn-keeper", daemon=True)
    keeper.start()
    try:
        yield True
    finally:
        done.set()
        keeper.join()
        _set_end(use, region_id, token, None)


def take(use: Use, region_id: str) -> int | None:
    """The turn's token; None while somebody else has it."""
    with use.database.write() as session:
        now = use.database.now(session)
        free = (Region.poll_lease_until.is_(None)) | (Region.poll_lease_until <= now)
        statement = (
            update(Region)
            .where(Region.id == region_id, free)
            .values(poll_lease_until=now + length(use), poll_lease_token=Region.poll_lease_token + 1)
            .returning(Region.poll_lease_token)
            .execution_options(synchronize_session=False)
        )
        return session.scalars(statement).first()


def length(use: Use) -> timedelta:
    return timedelta(seconds=use.settings.lease_seconds)


def _keep(use: Use, region_id: str, token: int, done: Event) -> None:
    while not done.wait(length(use).total_seconds() / 3):
        try:
            _set_end(use, region_id, token, length(use))
        except GoughError as error:
            log.warning("turn not renewed", region=region_id, error=str(error))


def _set_end(use: Use, region_id: str, token: int, ahead: timedelta | None) -> None:
    with use.database.write() as session:
        until = use.database.now(session) + ahead if ahead is not None else None
        mine = (Region.id == region_id, Region.poll_lease_token == token)
        session.execute(update(Region).where(*mine).values(poll_lease_until=until))
