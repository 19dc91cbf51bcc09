"""Reading metrics: a machine's series over a span, and who is highest in the fleet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.errors import Invalid
from gough.domain.metrics import (
    BY_NAME,
    FIVE_MINUTES,
    HOUR,
    SERIES,
    STEPS,
    Cell,
    Reading,
    Series,
    drawn_together,
    measured,
    reading,
    step_for,
)
from gough.persistence.models import Agent, AgentSample, Machine, MetricRollup
from gough.services.heartbeats import unpack
from gough.services.rollups import time_of, unpacked

RECENT = timedelta(minutes=15)
LONGEST = timedelta(days=366)
Points = list[tuple[datetime, Cell]]


@dataclass(frozen=True, slots=True)
class Chart:
    """`step`: seconds from point to point; 0 when each is a sample."""

    step: int
    begin: datetime
    end: datetime
    series: dict[str, Points]


@dataclass(frozen=True, slots=True)
class Place:
    machine_id: str
    hostname: str
    value: float
    at: datetime


def named(names: Sequence[str]) -> tuple[Series, ...]:
    """Those series, or all. Raises Invalid."""
    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        raise Invalid(f"There is no series '{unknown[0]}'.", hint=f"There are: {', '.join(BY_NAME)}.")
    return tuple(BY_NAME[name] for name in names) or SERIES


def chart(
    session: Session, machine: Machine, names: Sequence[str], begin: datetime, end: datetime,
    *, now: datetime, interval_seconds: float,
) -> Chart:  # fmt: skip
    """At most `MOST_POINTS` points a series, from the finest that is kept of that time. Raises Invalid."""
    wanted = [series.name for series in named(names)]
    if not begin < end or end - begin > LONGEST:
        raise Invalid("The span must begin before it ends, and be a year at most.")
    step = step_for(end - begin, now - begin, timedelta(seconds=interval_seconds))
    found = _raw(session, machine.id, begin, end) if step == 0 else _rolled(session, machine.id, step, begin, end)
    series = {name: [(at, cells[name]) for at, cells in found if name in cells] for name in wanted}
    if step > HOUR:
        series = {name: drawn_together(points, step) for name, points in series.items()}
    return Chart(step, begin, end, series)


def top(session: Session, name: str, limit: int, now: datetime) -> list[Place]:
    """The machines whose newest five minutes are highest, of those heard lately. Raises Invalid."""
    (series,) = named([name])
    query = select(MetricRollup, Machine.hostname).join(Machine, Machine.id == MetricRollup.machine_id)
    recent = query.where(MetricRollup.step == FIVE_MINUTES, MetricRollup.at >= now - RECENT).order_by(MetricRollup.at)
    newest: dict[str, Place] = {}
    for row, hostname in session.execute(recent):
        cell = unpacked(row.payload).get(series.name)
        if cell is not None:
            newest[row.machine_id] = Place(row.machine_id, hostname, cell.average, row.last_at)
    return sorted(newest.values(), key=lambda place: (-place.value, place.hostname))[:limit]


def _rolled(
    session: Session, machine_id: str, step: int, begin: datetime, end: datetime
) -> list[tuple[datetime, dict[str, Cell]]]:
    kept = max(each for each in STEPS if each <= step)
    span = (MetricRollup.at >= begin, MetricRollup.at < end)
    query = select(MetricRollup).where(MetricRollup.machine_id == machine_id, MetricRollup.step == kept, *span)
    return [(row.at, unpacked(row.payload)) for row in session.scalars(query.order_by(MetricRollup.at))]


def _raw(session: Session, machine_id: str, begin: datetime, end: datetime) -> list[tuple[datetime, dict[str, Cell]]]:
    query = select(AgentSample, Agent.clock_skew_seconds).join(Agent, Agent.id == AgentSample.agent_id)
    mine = query.where(Agent.machine_id == machine_id, AgentSample.received_at >= begin)
    found = []
    before: Reading | None = None
    for sample, skew in session.execute(mine.order_by(AgentSample.agent_id, AgentSample.sequence)):
        at = time_of(sample.sent_at, sample.received_at, skew)
        now = reading(unpack(sample.payload), at)
        cells = {name: Cell.of(value) for name, value in measured(now, before).items()}
        if begin <= at < end:
            found.append((at, cells))
        before = now
    return sorted(found, key=lambda point: point[0])
