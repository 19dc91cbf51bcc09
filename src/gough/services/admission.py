"""Which queued jobs may begin: in their window, not while Gough or their region is paused, and only so many at once in
a region, the most urgent first.

What has begun goes on: pausing is draining. A job that may not begin says why, and is woken when that changes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gough.domain.durations import in_words
from gough.domain.errors import Conflict
from gough.domain.stages import JobKind
from gough.persistence.models import Job, Machine, Region, Setting
from gough.services import windows
from gough.services.context import Use
from gough.services.waking import wake_queued

PAUSED = "jobs paused"  # the setting's name
LOOK_AGAIN = timedelta(seconds=60)  # nobody forgets to wake a job, but a process may die before it does
ANYTIME = "anytime"  # the job's parameter: a person said that it need not wait for its window
UNCOUNTED = (JobKind.ADOPTION.value,)  # it waits for a person, not for MAAS


@dataclass(frozen=True, slots=True)
class Pause:
    """Who paused, when and why."""

    by: str
    at: datetime
    reason: str

    def in_words(self, now: datetime) -> str:
        since = in_words((now - self.at).total_seconds())
        return f"paused by {self.by} for {since}" + (f": {self.reason}" if self.reason else "")


def pause(use: Use, *, by: str, reason: str = "") -> Pause:
    """Begin no more jobs; what runs goes on. Raises Conflict when it is paused already."""
    with use.database.write() as session:
        now = use.database.now(session)
        if (found := paused(session)) is not None:
            raise Conflict(f"Gough is paused already, by {found.by}.", hint="`gough job resume` goes on.")
        session.merge(Setting(name=PAUSED, value={"by": by, "at": now.isoformat(), "reason": reason}))
    return Pause(by, now, reason)


def resume(use: Use) -> None:
    """Begin jobs again. Raises Conflict when nothing is paused."""
    with use.database.write() as session:
        row = session.get(Setting, PAUSED)
        if row is None:
            raise Conflict("Gough is not paused.")
        session.delete(row)
        wake_queued(session, use.database.now(session))
    use.waker.wake()


def paused(session: Session) -> Pause | None:
    row = session.get(Setting, PAUSED)
    if row is None:
        return None
    return Pause(row.value["by"], datetime.fromisoformat(row.value["at"]), row.value["reason"])


def pause_of(region: Region) -> Pause | None:
    """The pause of this region alone."""
    return None if region.paused_at is None else Pause(region.paused_by, region.paused_at, region.paused_reason)


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a queued job may not begin, and when to look again."""

    reason: str
    until: datetime


def hold(session: Session, job: Job, now: datetime) -> Hold | None:
    """None when the job may begin. Locks its region, so that two jobs never take one place."""
    if job.kind not in UNCOUNTED and not job.parameters.get(ANYTIME):
        opens = windows.opening(session, job.machine, now)
        if opens is not None:
            if opens > now + LOOK_AGAIN:  # somebody may have given way to it; before that they look again by themselves
                next_in_line(session, job.machine.region_id, now)
            return Hold(f"its maintenance window opens at {opens:%Y-%m-%d %H:%M} UTC", opens)
    reason = _refusal(session, job, now)
    return Hold(reason, now + LOOK_AGAIN) if reason else None


def _refusal(session: Session, job: Job, now: datetime) -> str:
    if (found := paused(session)) is not None:
        return f"Gough is {found.in_words(now)}"
    region = session.get_one(Region, job.machine.region_id, with_for_update=True)
    if (found := pause_of(region)) is not None:
        return f"region {region.name} is {found.in_words(now)}"
    if region.max_in_flight and job.kind not in UNCOUNTED:
        running = in_flight(session, region.id)
        if running >= region.max_in_flight:
            return f"{running} jobs are in flight in region {region.name}; {region.max_in_flight} are allowed"
        if running + (ahead := _more_urgent(session, job, now)) >= region.max_in_flight:
            return f"{ahead} more urgent jobs begin first in region {region.name}"
    return ""


def _more_urgent(session: Session, job: Job, now: datetime) -> int:
    """How many are about to ask for a place in the same region; one that waits for its window is not."""
    query = (
        select(func.count())
        .select_from(Job)
        .join(Machine, Machine.id == Job.machine_id)
        .where(Machine.region_id == job.machine.region_id, Job.state == "queued", Job.kind.not_in(UNCOUNTED))
        .where(Job.priority > job.priority, Job.wake_at <= now, Job.superseded.is_(False))
    )
    return session.scalar(query) or 0


def in_flight(session: Session, region_id: str) -> int:
    query = (
        select(func.count())
        .select_from(Job)
        .join(Machine, Machine.id == Job.machine_id)
        .where(Machine.region_id == region_id, Job.state == "running", Job.kind.not_in(UNCOUNTED))
    )
    return session.scalar(query) or 0


def next_in_line(session: Session, region_id: str, now: datetime) -> None:
    """A place may have become free in this region: wake the most urgent job that waits for one, not for its window."""
    waiting = (
        select(Job.id)
        .join(Machine, Machine.id == Job.machine_id)
        .where(Machine.region_id == region_id, Job.state == "queued", Job.wake_at > now)
        .where(Job.wake_at <= now + LOOK_AGAIN)
        .order_by(Job.priority.desc(), Job.created_at, Job.id)
        .limit(1)
    )
    first = session.scalars(waiting).first()
    if first is not None:
        woken = update(Job).where(Job.id == first, Job.state == "queued").values(wake_at=now, signals=Job.signals + 1)
        session.execute(woken, execution_options={"synchronize_session": False})
