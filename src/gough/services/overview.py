"""The fleet at a glance: a few cheap queries, of one moment."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gough.domain.agents import AgentState
from gough.domain.machine_status import MachineStatus
from gough.domain.service_state import ServiceState
from gough.persistence.models import Job, Machine, Template
from gough.services import figures, queue
from gough.services.queue import Place

MOST = 8
MOST_ROOMS = 50


@dataclass(frozen=True, slots=True)
class Trouble:
    """A machine that needs somebody: why, since when, and what to do about it."""

    machine_id: str
    hostname: str
    reason: str
    next_action: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Room:
    """Machines that are Ready: somebody could deploy to them now."""

    pool: str
    zone: str
    machines: int


@dataclass(frozen=True, slots=True)
class Overview:
    """`troubles` and `running` are the first few; `overdue_seconds`: how long a job has wanted a worker."""

    services: Mapping[ServiceState, int]
    troubles: Sequence[Trouble]
    running: Sequence[Job]
    places: Sequence[Place]
    due: int
    overdue_seconds: float
    agents: Mapping[AgentState, int]
    rooms: Sequence[Room]
    templates: int

    @property
    def machines(self) -> int:
        return sum(self.services.values())

    @property
    def ready(self) -> int:
        return sum(room.machines for room in self.rooms)


def overview(session: Session, now: datetime) -> Overview:
    services: Counter[str] = Counter()
    for _, service, number in figures.machines(session, now):
        services[service] += number
    ((due, overdue_seconds),) = figures.due(session, now)
    agents: dict[str, int] = dict(figures.agents(session, now))
    return Overview(
        services={state: services[state.value] for state in ServiceState},
        troubles=_troubles(session),
        running=queue.running(session, MOST),
        places=queue.places(session),
        due=due,
        overdue_seconds=overdue_seconds,
        agents={state: agents.get(state.value, 0) for state in AgentState},
        rooms=_rooms(session),
        templates=session.scalar(select(func.count()).select_from(Template)) or 0,
    )


def _troubles(session: Session) -> list[Trouble]:
    """The newest first: what has just failed is what somebody waits for."""
    query = (
        select(Machine.id, Machine.hostname, Machine.reason, Machine.next_action, Machine.service_since)
        .where(Machine.service == ServiceState.ATTENTION.value, Machine.vanished_at.is_(None))
        .order_by(Machine.service_since.desc(), Machine.id)
    )
    return [Trouble(*row) for row in session.execute(query.limit(MOST))]


def _rooms(session: Session) -> list[Room]:
    number = func.count()
    query = (
        select(Machine.pool, Machine.zone, number)
        .where(Machine.vanished_at.is_(None), Machine.status == MachineStatus.READY.value)
        .group_by(Machine.pool, Machine.zone)
        .order_by(number.desc(), Machine.pool, Machine.zone)
    )
    return [Room(*row) for row in session.execute(query.limit(MOST_ROOMS))]
