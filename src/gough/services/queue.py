"""The queue as people look at it: what waits and for what, what runs, how full each region is. Only reads."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from gough.persistence.models import ACTIVE, Job, JobStep, Machine, Region
from gough.services import admission, regions, windows
from gough.services.admission import ANYTIME, UNCOUNTED

MOST = 100
WINDOW = "its maintenance window"  # how `admission.hold` begins, where it is one


@dataclass(frozen=True, slots=True)
class Place:
    """A region and its jobs; those that wait for a person do not count. `limit` 0: any number may run."""

    region: Region
    limit: int
    waiting: int
    running: int


@dataclass(frozen=True, slots=True)
class Waits:
    """Why a queued job has not begun. `opens`: when its maintenance window does, if that is what it waits for."""

    reason: str
    opens: datetime | None = None


def places(session: Session) -> list[Place]:
    """Every region, by name."""
    query = (
        select(Machine.region_id, Job.state, func.count())
        .join(Machine, Machine.id == Job.machine_id)
        .where(Job.state.in_(ACTIVE), Job.kind.not_in(UNCOUNTED))
        .group_by(Machine.region_id, Job.state)
    )
    counted = {(region_id, state): number for region_id, state, number in session.execute(query)}
    return [
        Place(
            region, region.max_in_flight, counted.get((region.id, "queued"), 0), counted.get((region.id, "running"), 0)
        )
        for region in regions.listed(session)
    ]


def waiting(session: Session, limit: int = MOST) -> list[Job]:
    """Queued jobs in the order in which they are let begin: the most urgent, then those asked for first."""
    return _jobs(session, "queued", limit)


def running(session: Session, limit: int = MOST) -> list[Job]:
    """Running jobs in the same order."""
    return _jobs(session, "running", limit)


def waits(session: Session, job: Job, now: datetime) -> Waits | None:
    """None when it has begun, or nothing holds it back."""
    if job.state != "queued":
        return None
    if job.kind not in UNCOUNTED and not job.parameters.get(ANYTIME):
        opens = windows.opening(session, job.machine, now)
        if opens is not None:
            return Waits(WINDOW, opens)
    if admission.paused(session) is not None:
        return Waits("Gough is paused")
    if admission.pause_of(job.machine.region) is not None:
        return Waits(f"Region {job.machine.region.name} is paused")
    found = held(job)
    return found if found is not None and found.opens is None else None


def held(job: Job) -> Waits | None:
    """What the last look at a queued job found; None before the first."""
    prefix = f"{job.kind}: queued, "
    if not job.machine.reason.startswith(prefix):
        return None
    said = job.machine.reason.removeprefix(prefix)
    return Waits(WINDOW, job.wake_at) if said.startswith(WINDOW) else Waits(said)


def progress(session: Session, machine_ids: Collection[str]) -> dict[str, str]:
    """{machine: how far its running stage is}, where somebody has told."""
    query = (
        select(Job.machine_id, JobStep.progress)
        .join(JobStep, JobStep.job_id == Job.id)
        .where(Job.machine_id.in_(machine_ids), Job.state == "running")
        .where(JobStep.state == "running", JobStep.progress != "")
    )
    return dict(session.execute(query).all()) if machine_ids else {}


def _jobs(session: Session, state: str, limit: int) -> list[Job]:
    query = (
        select(Job)
        .where(Job.state == state)
        .options(joinedload(Job.machine).joinedload(Machine.region), selectinload(Job.steps))
        .order_by(Job.priority.desc(), Job.created_at, Job.id)
    )
    return list(session.scalars(query.limit(limit)))
