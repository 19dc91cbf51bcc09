"""The read model of MAAS's machines: recording what was seen, finding."""

from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, NotFound
from gough.domain.machine_status import MachineStatus
from gough.domain.machines import MachineRecord
from gough.domain.service_state import ServiceState
from gough.domain.timeline import GoughEvent, Source, TimelineEvent
from gough.persistence.models import Machine, MachineTag, Region
from gough.services import attribution, timeline
from gough.services.attribution import TAKEN
from gough.services.waking import signal_machine

COPIED = (
    "hostname", "fqdn", "status_message", "power_state", "power_type", "architecture", "cpu_count", "memory_mib",
    "storage_mb", "zone", "pool", "owner", "osystem", "distro_series", "hwe_kernel", "locked", "hardware_uuid",
    "serial",
)  # fmt: skip
TOLD = ("hostname", "zone", "pool", "power_type", "architecture")  # changes of these leave no event in MAAS


def observe(session: Session, region: Region, record: MachineRecord, *, observed_at: datetime) -> Machine:
    """Record how MAAS described a machine in an answer whose request was sent at `observed_at`.

    An answer older than what is stored is dropped, so that a slow list never undoes what a deploy's answer said.
    """
    machine = _by_system_id(session, region, record.system_id)
    if machine is None:
        machine = _first_seen(session, region, record, observed_at)
    elif machine.observed_at > observed_at:
        return machine
    before, told = _fingerprint(machine), _told(machine)
    is_new = machine.observed_at == observed_at
    for name in COPIED:
        setattr(machine, name, getattr(record, name))
    machine.tags, machine.owner_data = list(record.tags), dict(record.owner_data)
    machine.mac_addresses, machine.ip_addresses = list(record.mac_addresses), list(record.ip_addresses)
    if machine.status != record.status:
        machine.status, machine.status_since = record.status, observed_at
    machine.observed_at, machine.vanished_at = observed_at, None
    if machine.status != MachineStatus.DEPLOYED:
        _taken_out_of_service(machine, f"{TAKEN}{record.status.label}", observed_at)
    attribution.describe_use(session, machine)
    machine.search = search_text(machine)
    if is_new or told != _told(machine):
        _tags_as_rows(session, machine)
        _tell_changes(session, machine, told, observed_at)
    if _fingerprint(machine) != before:
        signal_machine(session, machine.id, now=observed_at)
    return machine


def missing(session: Session, machine: Machine, *, asked_at: datetime) -> None:
    """MAAS was asked at `asked_at` and does not know the machine. Its history stays."""
    if machine.vanished_at is not None or machine.observed_at > asked_at:
        return
    machine.vanished_at = asked_at
    _taken_out_of_service(machine, "MAAS no longer knows it", asked_at)
    event = TimelineEvent(Source.GOUGH, GoughEvent.MACHINE_VANISHED, "MAAS no longer knows this machine.", asked_at)
    timeline.record(session, machine.id, event, now=asked_at)
    signal_machine(session, machine.id, now=asked_at)


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


def _told(machine: Machine) -> dict[str, str]:
    named = {name.replace("_", " "): str(getattr(machine, name)) for name in TOLD}
    return named | {"tags": ", ".join(sorted(machine.tags or ()))}


def _tell_changes(session: Session, machine: Machine, before: dict[str, str], now: datetime) -> None:
    """MAAS does not say who renamed or tagged a machine; that it happened is on the timeline all the same."""
    changes = [f"{name}: {before[name] or '-'} → {value or '-'}" for name, value in _told(machine).items()
               if before[name] != value]  # fmt: skip
    if changes and machine.first_seen_at != now:
        event = TimelineEvent(Source.MAAS, GoughEvent.MACHINE_CHANGED, "; ".join(changes), now)
        timeline.record(session, machine.id, event, now=now)


def _tags_as_rows(session: Session, machine: Machine) -> None:
    session.execute(delete(MachineTag).where(MachineTag.machine_id == machine.id))
    session.add_all(MachineTag(machine_id=machine.id, tag=tag) for tag in dict.fromkeys(machine.tags))


def search_text(machine: Machine) -> str:
    """What free text is looked for in. Kept by whoever changes one of these."""
    words = [machine.hostname, machine.fqdn, machine.system_id, machine.serial, machine.hardware_uuid, machine.site,
             machine.rack]  # fmt: skip
    return " ".join([*words, *machine.mac_addresses, *machine.ip_addresses, *machine.tags]).lower()
