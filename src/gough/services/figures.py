"""What monitoring asks of the database: one table of figures, each a cheap query at the moment it is asked.

A job is a row, so whichever process answers knows the work of all of them. Queries stay on indexes: what has ended is
counted over the last day, by when its job was asked for.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, cast, extract, func, select
from sqlalchemy.orm import Session

from gough.domain.machine_status import MachineStatus
from gough.persistence.models import ACTIVE, Agent, Job, JobStep, Machine
from gough.services import admission, regions

LAST = timedelta(days=1)
Row = tuple[Any, ...]
"""The labels' values, then a number for each figure of the query."""


@dataclass(frozen=True, slots=True)
class Figure:
    """`unit` stands at the name's end, as Prometheus has it."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Figures that one query gives, all with these labels."""

    labels: tuple[str, ...]
    figures: tuple[Figure, ...]
    rows: Callable[[Session, datetime], Iterable[Row]]


def ask(session: Session, now: datetime) -> list[tuple[Asked, list[Row]]]:
    """Every figure, of one moment."""
    return [(each, [*each.rows(session, now)]) for each in ASKED]


def machines(session: Session, _now: datetime) -> Iterable[Row]:
    query = select(Machine.status, Machine.service, func.count()).where(Machine.vanished_at.is_(None))
    for status, service, count in session.execute(query.group_by(Machine.status, Machine.service)):
        yield MachineStatus(status).name.lower(), service, count


def _active(session: Session, now: datetime) -> Iterable[Row]:
    query = select(Job.kind, Job.state, func.count(), func.min(Job.created_at)).where(Job.state.in_(ACTIVE))
    for kind, state, count, oldest in session.execute(query.group_by(Job.kind, Job.state)):
        yield kind, state, count, _age(oldest, now)


def due(session: Session, now: datetime) -> Iterable[Row]:
    query = select(func.count(), func.min(Job.wake_at)).where(Job.wake_at.is_not(None), Job.wake_at <= now)
    count, oldest = session.execute(query).one()
    yield count, _age(oldest, now)


def _ended(session: Session, now: datetime) -> Iterable[Row]:
    query = select(Job.kind, Job.state, func.count()).where(Job.created_at >= now - LAST, Job.state.not_in(ACTIVE))
    yield from map(tuple, session.execute(query.group_by(Job.kind, Job.state)))


def _stages(session: Session, now: datetime) -> Iterable[Row]:
    taken = _seconds(session, JobStep.started_at, JobStep.finished_at)
    query: Select[Any] = (
        select(JobStep.name, JobStep.outcome, func.count(), func.avg(taken), func.max(taken))
        .join(Job, Job.id == JobStep.job_id)
        .where(Job.created_at >= now - LAST, JobStep.started_at.is_not(None), JobStep.finished_at.is_not(None))
        .group_by(JobStep.name, JobStep.outcome)
    )
    yield from ((name, outcome or "", *numbers) for name, outcome, *numbers in session.execute(query))


def _regions(session: Session, now: datetime) -> Iterable[Row]:
    for region in regions.listed(session):
        yield (
            region.name, int(region.health == "ok"), region.lag_seconds, _age(region.polled_at, now),
            region.duty or 0.0, region.reconcile_duty or 0.0,
        )  # fmt: skip


def agents(session: Session, _now: datetime) -> Iterable[Row]:
    query = select(Agent.state, func.count()).where(Agent.revoked_at.is_(None)).group_by(Agent.state)
    yield from map(tuple, session.execute(query))


def _paused(session: Session, _now: datetime) -> Iterable[Row]:
    yield (int(admission.paused(session) is not None),)


def _age(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment is not None else 0.0


def _seconds(session: Session, begun: Any, ended: Any) -> ColumnElement[float]:
    """From one column's moment to another's."""
    if session.get_bind().dialect.name == "sqlite":
        return (func.julianday(ended) - func.julianday(begun)) * 86400
    return cast(extract("epoch", ended - begun), Float)


ASKED: Sequence[Asked] = (
    Asked(("status", "service"), (Figure("gough_machines", "Machines, by MAAS's status and by service."),), machines),
    Asked(
        ("kind", "state"),
        (
            Figure("gough_jobs_active", "Jobs that are queued or running."),
            Figure("gough_jobs_oldest_seconds", "How long ago the oldest of them was asked for."),
        ),
        _active,
    ),
    Asked(
        (),
        (
            Figure("gough_jobs_due", "Jobs that want a worker now; many for long: there are too few workers."),
            Figure("gough_jobs_overdue_seconds", "How long the one that waits longest has wanted a worker."),
        ),
        due,
    ),
    Asked(
        ("kind", "state"),
        (
            Figure(
                "gough_jobs_ended_last_day",
                "Jobs asked for in the last 24 hours that have ended, by how; deployments are kind `deployment`.",
            ),
        ),
        _ended,
    ),
    Asked(
        ("stage", "outcome"),
        (
            Figure("gough_stages_ended_last_day", "Stages that have ended, of the jobs of the last 24 hours."),
            Figure("gough_stage_mean_seconds", "How long those took, on average."),
            Figure("gough_stage_longest_seconds", "How long the longest of those took."),
        ),
        _stages,
    ),
    Asked(
        ("region",),
        (
            Figure("gough_region_up", "1 while the region answers as it should."),
            Figure("gough_region_lag_seconds", "How far behind MAAS's event log Gough is."),
            Figure("gough_region_polled_seconds", "How long ago the region was polled last."),
            Figure("gough_region_duty_ratio", "The share of the region's time that Gough takes."),
            Figure("gough_region_reconcile_duty_ratio", "Of that, what re-reading machines takes."),
        ),
        _regions,
    ),
    Asked(("state",), (Figure("gough_agents", "Agents that may report."),), agents),
    Asked((), (Figure("gough_paused", "1 while no job may begin."),), _paused),
)
