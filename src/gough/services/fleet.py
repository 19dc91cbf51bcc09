"""The whole fleet at a glance: who is highest in each series, and who waits for a reboot or for security updates."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from gough.domain.metrics import FIVE_MINUTES, number
from gough.persistence.models import Agent, AgentSample, Machine, MetricRollup
from gough.services.heartbeats import unpack
from gough.services.metrics import RECENT, Place
from gough.services.rollups import unpacked


@dataclass(frozen=True, slots=True)
class Waiting:
    """`count`: security updates. `because`: the packages that asked for a reboot, or the kernel that would run."""

    machine_id: str
    hostname: str
    count: int = 0
    because: str = ""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Most first. `uncounted` machines report, and do not know their updates."""

    reboots: list[Waiting]
    updates: list[Waiting]
    uncounted: int


def highest(session: Session, names: Sequence[str], limit: int, now: datetime) -> dict[str, list[Place]]:
    """As `metrics.top` says of one series, for several with one look: {series: the highest, first}."""
    found: dict[str, list[Place]] = {name: [] for name in names}
    for row, hostname in _newest(session, now):
        for name, cell in unpacked(row.payload).items():
            if name in found:
                found[name].append(Place(row.machine_id, hostname, cell.average, row.last_at))
    return {name: sorted(places, key=lambda p: (-p.value, p.hostname))[:limit] for name, places in found.items()}


def upkeep(session: Session, limit: int) -> Upkeep:
    """From each agent's newest heartbeat."""
    reboots, updates, uncounted = [], [], 0
    for machine_id, hostname, samples in _last_samples(session):
        reboot, update = samples.get("reboot"), samples.get("updates")
        if isinstance(reboot, Mapping) and reboot.get("needed") is True:
            reboots.append(Waiting(machine_id, hostname, because=_because(reboot)))
        security = number(update.get("security_pending")) if isinstance(update, Mapping) else None
        if security is None:
            uncounted += 1
        elif security > 0:
            updates.append(Waiting(machine_id, hostname, int(security)))
    reboots.sort(key=lambda each: each.hostname)
    updates.sort(key=lambda each: (-each.count, each.hostname))
    return Upkeep(reboots[:limit], updates[:limit], uncounted)


def _newest(session: Session, now: datetime) -> list[tuple[MetricRollup, str]]:
    """Each machine's newest five minutes, of those heard lately."""
    query = select(MetricRollup, Machine.hostname).join(Machine, Machine.id == MetricRollup.machine_id)
    recent = query.where(MetricRollup.step == FIVE_MINUTES, MetricRollup.at >= now - RECENT).order_by(MetricRollup.at)
    return list({row.machine_id: (row, hostname) for row, hostname in session.execute(recent)}.values())


def _last_samples(session: Session) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    newest = and_(AgentSample.agent_id == Agent.id, AgentSample.sequence == Agent.last_sequence)
    query = select(Machine.id, Machine.hostname, AgentSample.payload).join(Agent, Agent.machine_id == Machine.id)
    living = query.join(AgentSample, newest).where(Agent.revoked_at.is_(None), Machine.vanished_at.is_(None))
    for machine_id, hostname, payload in session.execute(living.execution_options(yield_per=500)):
        samples = unpack(payload).get("samples")
        yield machine_id, hostname, samples if isinstance(samples, Mapping) else {}


def _because(reboot: Mapping[str, Any]) -> str:
    packages = reboot.get("packages")
    if isinstance(packages, list) and packages:
        return ", ".join(map(str, packages[:3])) + (" …" if len(packages) > 3 else "")
    return f"kernel {reboot['installed_kernel']} is installed" if reboot.get("installed_kernel") else ""
