"""Claiming a job: a lease in database time, and a token that fences every commit made under it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from gough.domain.errors import LeaseLost
from gough.persistence.database import Database
from gough.persistence.models import Job, Machine
from gough.services.waking import lock_machine_of

NOW = "now"
Record = Callable[[Session, Job, datetime], None]
"""Writes down what an action achieved or learned, in the caller's transaction at that moment."""
# In one query, and a second for the steps; loaded one by one they would be five.
WITH_MACHINE = (joinedload(Job.machine).joinedload(Machine.region), joinedload(Job.deployment))
WITH_ALL = (*WITH_MACHINE, selectinload(Job.steps))


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to move one job, until the lease ends, somebody else takes over, or the job is put to sleep."""

    database: Database
    job_id: str
    token: int
    lease: timedelta

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Commits only while the lease is ours; renews it. Raises LeaseLost, and nothing is written."""
        with self.database.write() as session:
            lock_machine_of(session, self.job_id)
            self._extend(session)
            yield session

    def job(self, session: Session) -> Job:
        """The job with all that a decision looks at."""
        return session.get_one(Job, self.job_id, options=WITH_ALL)

    def now(self, session: Session) -> datetime:
        """The database's time at the beginning of `transaction`, after everybody else had let go of the job."""
        moment: datetime = session.info[NOW]
        return moment

    def renew(self) -> None:
        """Push the lease's end out: called before each outside effect, and while one takes long."""
        with self.database.write() as session:
            self._extend(session)

    def _extend(self, session: Session) -> None:
        session.info[NOW] = self.database.now(session)
        until = session.info[NOW] + self.lease
        mine = (Job.id == self.job_id, Job.lease_token == self.token, Job.lease_until.is_not(None))
        renewed = update(Job).where(*mine).values(lease_until=until).returning(Job.id)
        if session.execute(renewed, execution_options={"synchronize_session": False}).first() is None:
            raise LeaseLost(f"Job {self.job_id} has been taken over by another worker.")


def claim_due(
    database: Database, *, owner: str, lease: timedelta, job_id: str | None = None, queue: str | None = None
) -> Claim | None:
    """The most urgent job that is due and free, or this very one if it is, now ours; None when there is none.

    `queue`: only of those that wait there.
    """
    with database.write() as session:
        now = database.now(session)
        free = or_(Job.lease_until.is_(None), Job.lease_until <= now)
        due = select(Job.id).where(Job.wake_at.is_not(None), Job.wake_at <= now, free)
        if job_id is not None:
            due = due.where(Job.id == job_id)
        if queue is not None:
            due = due.where(Job.queue == queue)
        # A named job is waited for: whoever holds its row for a moment must not make the message be lost.
        due = due.order_by(Job.priority.desc(), Job.wake_at).limit(1).with_for_update(skip_locked=job_id is None)
        job_id = session.scalars(due).first()
        if job_id is None:
            return None
        token = session.scalars(
            update(Job)
            .where(Job.id == job_id, free)
            .values(lease_token=Job.lease_token + 1, lease_until=now + lease, lease_owner=owner)
            .returning(Job.lease_token)
            .execution_options(synchronize_session=False)
        ).first()
        return None if token is None else Claim(database, job_id, token, lease)


def seconds_until_due(database: Database, queue: str | None = None) -> float | None:
    """How long the workers of that queue, or of all, may sleep; None when no job wants to be woken.

    Leased jobs count from their lease's end.
    """
    with database.read() as session:
        now = database.now(session)
        query = select(Job.wake_at, Job.lease_until).where(Job.wake_at.is_not(None)).order_by(Job.wake_at).limit(50)
        query = query if queue is None else query.where(Job.queue == queue)
        moments = [max(wake, lease or wake) for wake, lease in session.execute(query) if wake is not None]
    return max(0.0, (min(moments) - now).total_seconds()) if moments else None
