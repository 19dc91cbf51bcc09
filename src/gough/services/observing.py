"""Recording how MAAS describes machines. Every answer of MAAS's that shows a machine comes through here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from gough.domain.machine_status import MachineStatus
from gough.domain.machines import MachineRecord
from gough.domain.service_state import ServiceState
from gough.domain.timeline import GoughEvent, Source, TimelineEvent
from gough.persistence.models import Machine, MachineTag, Region
from gough.persistence.types import new_id
from gough.services import attribution, progress, timeline
from gough.services.attribution import TAKEN
from gough.services.machines import search_text, set_service
from gough.services.waking import signal_machine

COPIED = (
    "hostname", "fqdn", "status_message", "power_state", "power_type", "architecture", "cpu_count", "memory_mib",
    "storage_mb", "zone", "pool", "owner", "osystem", "distro_series", "hwe_kernel", "locked", "hardware_uuid",
    "serial",
)  # fmt: skip
TOLD = ("hostname", "zone", "pool", "power_type", "architecture")  # changes of these leave no event in MAAS


@dataclass(frozen=True, slots=True)
class _Before:
    """A machine as it was before this answer; None of it for one that was not known."""

    machine: Machine
    decisive: tuple[object, ...] | None = None
    told: dict[str, str] | None = None
    message: str = ""


def observe(session: Session, region: Region, record: MachineRecord, *, observed_at: datetime) -> Machine:
    """As `observe_all`, for one machine."""
    return observe_all(session, region, [record], observed_at=observed_at)[record.system_id]


def observe_all(
    session: Session, region: Region, records: Sequence[MachineRecord], *, observed_at: datetime
) -> dict[str, Machine]:
    """Record how MAAS described machines in an answer whose request was sent at `observed_at`; by their system_id.

    What is older than what is stored is dropped, so that a slow list never undoes what a deploy's answer said.
    """
    ids = [record.system_id for record in records]
    query = select(Machine).where(Machine.region_id == region.id, Machine.system_id.in_(ids)).order_by(Machine.id)
    # Locked before what is stored is compared: an answer that came meanwhile must be seen, not overwritten.
    held = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    known = {machine.system_id: machine for machine in session.scalars(held)}
    seen: list[_Before] = []
    for record in records:
        machine = known.get(record.system_id)
        if machine is None:
            machine = known[record.system_id] = _first_seen(session, region, record, observed_at)
            seen.append(_Before(machine))
        elif machine.observed_at <= observed_at:
            seen.append(_Before(machine, _decisive(machine), _told(machine), machine.status_message))
        else:
            continue
        _copy(session, machine, record, observed_at)
    session.flush()
    _tell(session, region, seen, observed_at)
    return known


def missing(session: Session, machine: Machine, *, asked_at: datetime) -> None:
    """MAAS was asked at `asked_at` and does not know the machine. Its history stays."""
    if machine.vanished_at is not None or machine.observed_at > asked_at:
        return
    machine.vanished_at = asked_at
    _taken_out_of_service(machine, "MAAS no longer knows it", asked_at)
    event = TimelineEvent(Source.GOUGH, GoughEvent.MACHINE_VANISHED, "MAAS no longer knows this machine.", asked_at)
    timeline.record(session, machine.id, event, now=asked_at)
    signal_machine(session, machine.id, now=asked_at)


def _first_seen(session: Session, region: Region, record: MachineRecord, now: datetime) -> Machine:
    machine = Machine(
        id=new_id("mac"), region_id=region.id, system_id=record.system_id, status=record.status, status_since=now,
        first_seen_at=now, observed_at=now, service=ServiceState.OUT.value, service_since=now, reason="",
        next_action="", site="", rack="", owner_data={},
    )  # fmt: skip
    session.add(machine)
    return machine


def _copy(session: Session, machine: Machine, record: MachineRecord, now: datetime) -> None:
    for name in COPIED:
        setattr(machine, name, getattr(record, name))
    machine.tags, machine.owner_data = list(record.tags), dict(record.owner_data)
    machine.mac_addresses, machine.ip_addresses = list(record.mac_addresses), list(record.ip_addresses)
    if machine.status != record.status:
        machine.status, machine.status_since = record.status, now
        if machine.service == ServiceState.ATTENTION and machine.reason.startswith(TAKEN):
            machine.reason = f"{TAKEN}{record.status.label}."  # it went on since; who did it is named again if known
    machine.observed_at, machine.vanished_at = now, None
    if machine.status != MachineStatus.DEPLOYED:
        _taken_out_of_service(machine, f"{TAKEN}{record.status.label}", now)
    attribution.describe_use(session, machine)
    machine.search = search_text(machine)


def _tell(session: Session, region: Region, seen: Sequence[_Before], now: datetime) -> None:
    """What is new goes to the timeline, the tags' rows, and the jobs that wait for it."""
    tags: list[dict[str, str]] = []
    for before in seen:
        machine, told = before.machine, _told(before.machine)
        if before.told is None:
            said = f"{machine.hostname} is {MachineStatus(machine.status).label} in region {region.name}."
            _record(session, machine, Source.GOUGH, GoughEvent.MACHINE_FOUND, said, now)
        elif before.told != told:
            session.execute(delete(MachineTag).where(MachineTag.machine_id == machine.id))
            _record(session, machine, Source.MAAS, GoughEvent.MACHINE_CHANGED, _changes(before.told, told), now)
        if before.told != told:
            tags += [{"machine_id": machine.id, "tag": tag} for tag in dict.fromkeys(machine.tags)]
        if before.decisive is not None and before.decisive != _decisive(machine):
            signal_machine(session, machine.id, now=now)
        if before.message != machine.status_message and machine.service == ServiceState.IN_PROGRESS:
            progress.tell(session, machine.id, progress.BY_MAAS, machine.status_message)
    if tags:
        session.execute(insert(MachineTag), tags)


def _record(session: Session, machine: Machine, source: Source, kind: GoughEvent, said: str, now: datetime) -> None:
    timeline.record(session, machine.id, TimelineEvent(source, kind, said, now), now=now)


def _taken_out_of_service(machine: Machine, how: str, now: datetime) -> None:
    """Somebody did this in MAAS: what Gough itself begins says so before."""
    if machine.service == ServiceState.IN_SERVICE:
        action = "The timeline names who did it. Deploy it again when it is free."
        set_service(machine, ServiceState.ATTENTION, now=now, reason=f"{how}.", next_action=action)


def _decisive(machine: Machine) -> tuple[object, ...]:
    """What jobs look at."""
    return (machine.status, machine.power_state, machine.owner, machine.vanished_at)


def _told(machine: Machine) -> dict[str, str]:
    named = {name.replace("_", " "): str(getattr(machine, name)) for name in TOLD}
    return named | {"tags": ", ".join(sorted(machine.tags))}


def _changes(before: dict[str, str], now: dict[str, str]) -> str:
    """MAAS does not say who renamed or tagged a machine; that it happened is told all the same."""
    return "; ".join(f"{name}: {before[name] or '-'} → {now[name] or '-'}" for name in now if before[name] != now[name])
