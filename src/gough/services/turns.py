"""Whose turn it is to follow a region or a Fleet server: one process at a time; a dead one's turn ends by itself, soon.

The turn is as long as a job's lease and is renewed while the poll goes on, so that a region which takes a minute to
answer keeps its poller, and a killed server keeps nobody waiting for longer than its jobs do.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread

import structlog
from sqlalchemy import update

from gough.domain.errors import GoughError
from gough.persistence.models import FleetServer, Region
from gough.services.context import Use

log = structlog.get_logger()

Followed = type[Region] | type[FleetServer]


@contextmanager
def turn(
    use: Use, followed_id: str, on_loss: Callable[[], None] = lambda: None, *, of: Followed = Region
) -> Iterator[Event | None]:
    """None while somebody else has it. Otherwise it is ours until the block ends, or the event is set: it was lost.

    `on_loss` is called once, from another thread, when that happens.
    """
    token = take(use, followed_id, of)
    if token is None:
        yield None
        return
    done, lost = Event(), Event()
    keeper = Thread(
        target=_keep, args=(use, of, followed_id, token, done, lost, on_loss), name="turn-keeper", daemon=True
    )
    keeper.start()
    try:
        yield lost
    finally:
        done.set()
        keeper.join()
        if not lost.is_set():
            _set_end(use, of, followed_id, token, None)


def take(use: Use, followed_id: str, of: Followed = Region) -> int | None:
    """The turn's token; None while somebody else has it."""
    with use.database.write() as session:
        now = use.database.now(session)
        free = (of.poll_lease_until.is_(None)) | (of.poll_lease_until <= now)
        followed = (Region.removed_at.is_(None),) if of is Region else ()
        statement = (
            update(of)
            .where(of.id == followed_id, free, *followed)
            .values(poll_lease_until=now + length(use), poll_lease_token=of.poll_lease_token + 1)
            .returning(of.poll_lease_token)
            .execution_options(synchronize_session=False)
        )
        return session.scalars(statement).first()


def length(use: Use) -> timedelta:
    return timedelta(seconds=use.settings.lease_seconds)


def _keep(
    use: Use, of: Followed, followed_id: str, token: int, done: Event, lost: Event, on_loss: Callable[[], None]
) -> None:  # fmt: skip
    while not done.wait(length(use).total_seconds() / 3):
        try:
            if not _set_end(use, of, followed_id, token, length(use)):
                lost.set()
                on_loss()
                return
        except GoughError as error:
            log.warning("turn not renewed", followed=followed_id, error=str(error))


def _set_end(use: Use, of: Followed, followed_id: str, token: int, ahead: timedelta | None) -> bool:
    """Whether it was still ours."""
    with use.database.write() as session:
        until = use.database.now(session) + ahead if ahead is not None else None
        mine = (of.id == followed_id, of.poll_lease_token == token)
        ended = update(of).where(*mine).values(poll_lease_until=until).returning(of.id)
        return session.execute(ended.execution_options(synchronize_session=False)).first() is not None
