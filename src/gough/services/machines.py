"""The read model of MAAS's machines: recording what was seen, finding, listing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, NotFound
from gough.domain.machine_status import MachineStatus
from gough.domain.machines import MachineRecord
from gough.domain.service_state import ServiceState
from gough.domain.timeline import GoughEvent, Source, TimelineEvent
from gough.persistence.models import Machine, Region
from gough.services import timeline
from gough.services.waking import signal_machine

COPIED = (
    "hostname", "fqdn", "status_message", "power_state", "power_type", "architecture", "cpu_count", "memory_mib",
    "storage_mb", "zone", "pool", "owner", "osystem", "distro_series", "locked", "hardware_uuid", "serial",
)  # fmt: skip


def observe(session: Session, region: Region, record: MachineRecord, *, observed_at: datetime) -> Machine:
    """Record how MAAS described a machine in an answer whose request was sent at `observed_at`.

    An answer older than what is stored is dropped, so that a slow list never undoes what a deploy's answer said.
    """
    machine = _by_system_id(session, region, record.system_id)
    if machine is None:
        machine = _first_seen(session, region, record, observed_at)
    elif machine.observed_at > observed_at:
        return machine
    before = _fingerprint(machine)
    for name in COPIED:
        setattr(machine, name, getattr(record, name))
    machine.tags, machine.owner_data = list(record.tags), dict(record.owner_data)
    machine.mac_addresses, machine.ip_addresses = list(record.mac_addresses), list(record.ip_addresses)
    if machine.status != record.status:
        machine.status, machine.status_since = record.status, observed_at
    machine.observed_at, machine.vanished_at = observed_at, None
    if machine.status != MachineStatus.DEPLOYED:
        _taken_out_of_service(machine, f"MAAS shows it as {record.status.label}", observed_at)
    machine.search = _search_text(machine)
    if _fingerprint(machine) != before:
        signal_machine(session, machine.id, now=observed_at)
    return machine


def vanished(session: Session, machine: Machine, *, now: datetime) -> None:
    """MAAS no longer knows the machine. Its history stays."""
    machine.vanished_at = now
    _taken_out_of_service(machine, "MAAS no longer knows it", now)
    event = TimelineEvent(Source.GOUGH, GoughEvent.MACHINE_VANISHED, "MAAS no longer knows this machine.", now)
    timeline.record(session, machine.id, event, now=now)
    signal_machine(session, machine.id, now=now)


def _taken_out_of_service(machine: Machine, how: str, now: datetime) -> None:
    """Somebody did this in MAAS: what Gough itself begins says so before."""
    if machine.service == ServiceState.IN_SERVICE:
        action = "The timeline names who did it. Deploy it again when it is free."
        set_service(machine, ServiceState.ATTENTION, now=now, reason=f"{how}.", next_action=action)


def set_service(
    machine: Machine, state: ServiceState, *, now: datetime, reason: str = "", next_action: str = ""
) -> None:
    """The one place where a machine's service state changes."""
    if machine.service != state:
        machine.service, machine.service_since = state.value, now
    machine.reason, machine.next_action = reason, next_action


def find(session: Session, name: str) -> Machine:
    """By Gough's id, MAAS's system_id, hostname or fqdn. Raises NotFound, or Conflict when two answer to it."""
    named = or_(Machine.id == name, Machine.system_id == name, Machine.hostname == name, Machine.fqdn == name)
    found = session.scalars(select(Machine).where(named).order_by(Machine.vanished_at.is_not(None)).limit(3)).all()
    present = [machine for machine in found if machine.vanished_at is None] or found
    if not present:
        raise NotFound(f"There is no machine '{name}'.", hint="`gough machine list` shows them all.")
    if len(present) > 1:
        raise Conflict(f"Two machines answer to '{name}'.", hint="Use the id or the system_id instead.")
    return present[0]


@dataclass(frozen=True, slots=True)
class MachineQuery:
    """A page of the list. `after` is the (hostname, id) that the last page ended with."""

    text: str = ""
    service: ServiceState | None = None
    after: tuple[str, str] | None = None
    limit: int = 100


def listed(session: Session, query: MachineQuery) -> list[dict[str, Any]]:
    """Rows of the machine list, by hostname: plain columns, since objects would cost three times as much."""
    statement = select(
        Machine.id, Machine.system_id, Machine.hostname, Machine.status, Machine.power_state, Machine.service,
        Machine.service_since, Machine.status_since, Machine.reason, Machine.next_action, Machine.zone, Machine.pool,
        Machine.architecture, Machine.cpu_count, Machine.memory_mib, Machine.ip_addresses, Machine.tags,
    ).where(Machine.vanished_at.is_(None))  # fmt: skip
    if query.text:
        statement = statement.where(Machine.search.contains(query.text.lower(), autoescape=True))
    if query.service is not None:
        statement = statement.where(Machine.service == query.service.value)
    if query.after is not None:
        hostname, machine_id = query.after
        beyond = or_(Machine.hostname > hostname, (Machine.hostname == hostname) & (Machine.id > machine_id))
        statement = statement.where(beyond)
    rows = session.execute(statement.order_by(Machine.hostname, Machine.id).limit(query.limit))
    return [row._asdict() for row in rows]


def counts(session: Session) -> dict[ServiceState, int]:
    """How many machines are in each service state."""
    counted = session.execute(
        select(Machine.service, func.count()).where(Machine.vanished_at.is_(None)).group_by(Machine.service)
    )
    found = {row[0]: row[1] for row in counted}
    return {state: found.get(state.value, 0) for state in ServiceState}


def _by_system_id(session: Session, region: Region, system_id: str) -> Machine | None:
    return session.scalars(
        select(Machine).where(Machine.region_id == region.id, Machine.system_id == system_id)
    ).one_or_none()


def _first_seen(session: Session, region: Region, record: MachineRecord, now: datetime) -> Machine:
    machine = Machine(
        region_id=region.id, system_id=record.system_id, hostname=record.hostname, status=record.status,
        status_since=now, first_seen_at=now, observed_at=now, service=ServiceState.OUT.value, service_since=now,
    )  # fmt: skip
    session.add(machine)
    session.flush()
    said = f"{record.hostname} is {MachineStatus(record.status).label} in region {region.name}."
    timeline.record(session, machine.id, TimelineEvent(Source.GOUGH, GoughEvent.MACHINE_FOUND, said, now), now=now)
    return machine


def _fingerprint(machine: Machine) -> tuple[object, ...]:
    return (machine.status, machine.power_state, machine.owner, machine.vanished_at)


def _search_text(machine: Machine) -> str:
    words = [machine.hostname, machine.fqdn, machine.system_id, machine.serial, machine.hardware_uuid]
    return " ".join([*words, *machine.mac_addresses, *machine.ip_addresses, *machine.tags]).lower()
