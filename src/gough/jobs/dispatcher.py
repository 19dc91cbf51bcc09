"""Giving due jobs to Celery: only their ids, again when nothing came of it.

The database says what is due; a message is a way to wake a worker up. Sent twice it does no harm, because a job is
claimed by compare-and-swap; lost with an emptied Redis it is sent again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread

import structlog
from sqlalchemy import or_, select, update

from gough.domain.errors import GoughError
from gough.domain.priorities import Priority, word_of
from gough.persistence.models import Job
from gough.services.context import Use
from gough.services.waking import Bell

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Due:
    """A job that wants a worker. Only its id is sent; its queue and priority say which way."""

    job_id: str
    queue: str
    priority: Priority


Send = Callable[[Due], None]
"""Puts a job into the queue. Raises Unavailable when that cannot be done now."""
LOOK_SECONDS = 1.0
SEND_AGAIN = timedelta(seconds=60)  # a job that is still due then was lost with its message, or waits in a long queue
MOST = 500


def dispatch_due(use: Use, send: Send) -> int:
    """Send every due job that has not been sent for this moment of its; how many that were."""
    with use.database.read() as session:
        now = use.database.now(session)
        unsent = or_(
            Job.dispatched_at.is_(None), Job.dispatched_at < Job.wake_at, Job.dispatched_at <= now - SEND_AGAIN,
            Job.dispatched_at < Job.lease_until,  # whoever took it with that message died with it
        )  # fmt: skip
        free = or_(Job.lease_until.is_(None), Job.lease_until <= now)
        query = select(Job.id, Job.queue, Job.priority).where(
            Job.wake_at.is_not(None), Job.wake_at <= now, free, unsent
        )
        found = session.execute(query.order_by(Job.priority.desc(), Job.wake_at).limit(MOST))
        due = [Due(job_id, queue, word_of(rank)) for job_id, queue, rank in found]
    sent = []
    try:
        for each in due:
            send(each)
            sent.append(each.job_id)
    finally:  # after sending: a process that dies in between sends twice, never not at all
        _mark(use, sent, now)
    return len(sent)


def _mark(use: Use, ids: list[str], looked_at: datetime) -> None:
    """As of the look, not of now: a job that was moved and became due again meanwhile is sent again."""
    if ids:
        with use.database.write() as session:
            sent = update(Job).where(Job.id.in_(ids), Job.wake_at <= looked_at).values(dispatched_at=looked_at)
            session.execute(sent, execution_options={"synchronize_session": False})


class Dispatcher:
    """Dispatches whenever the bell rings, and every second. `beat` is called at each round."""

    def __init__(self, use: Use, bell: Bell, send: Send, beat: Callable[[], None] = lambda: None) -> None:
        self._use, self._bell, self._send, self._beat = use, bell, send, beat
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="dispatcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience: float = 10.0) -> None:
        self._stopped.set()
        self._bell.wake()
        self._thread.join(patience)

    def _run(self) -> None:
        while not self._stopped.is_set():
            heard = self._bell.rings
            self._beat()
            try:
                if dispatch_due(self._use, self._send) == MOST:
                    continue
            except GoughError as error:
                log.warning("jobs not dispatched", error=str(error))
            except Exception:
                log.exception("dispatcher failed")
            self._bell.wait(LOOK_SECONDS, heard=heard)
