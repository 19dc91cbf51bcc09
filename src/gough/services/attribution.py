"""Recognising what others do to machines, and saying so. Nothing here changes MAAS."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain import attribution
from gough.domain.attribution import TAKES_AWAY, Author, Holder, deed, holder_of, marked_deployment
from gough.domain.machine_status import MachineStatus
from gough.domain.service_state import ServiceState
from gough.persistence.models import ACTIVE, Deployment, Job, Machine, Region
from gough.ports import ProvisionerEvent

IN_USE = "In use: "  # how the reason of a machine begins that somebody else uses
TAKEN = "MAAS shows it as "  # … and of one that left service by somebody's hand


def author_of(event: ProvisionerEvent, our_username: str) -> Author:
    return attribution.author_of(event.username, event.description, our_username)


def holder(session: Session, machine: Machine) -> Holder:
    marked = marked_deployment(machine.owner_data)
    is_ours = bool(marked) and session.get(Deployment, marked) is not None
    return holder_of(MachineStatus(machine.status), marked, is_ours=is_ours)


def describe_use(session: Session, machine: Machine) -> None:
    """Say of a machine that Gough does not serve who uses it; take that back when nobody does any more."""
    if machine.service != ServiceState.OUT or (machine.reason and not machine.reason.startswith(IN_USE)):
        return
    status, owner = MachineStatus(machine.status), machine.owner or "somebody"
    match holder(session, machine):
        case Holder.PERSON if status is MachineStatus.DEPLOYED:
            machine.reason = f"{IN_USE}deployed by {owner} outside Gough"
            machine.next_action = f"`gough machine adopt {machine.hostname}` brings it in service without a reinstall."
        case Holder.PERSON:
            machine.reason, machine.next_action = f"{IN_USE}{status.label.lower()} by {owner} in MAAS", ""
        case Holder.OTHER_GOUGH:
            machine.reason = f"{IN_USE}another Gough deploys it ({marked_deployment(machine.owner_data)})"
            machine.next_action = "Work on it there, or have it released there first."
        case Holder.NOBODY | Holder.OURS:
            machine.reason = machine.next_action = ""


def attribute(
    session: Session, region: Region, known: Mapping[str, Machine], events: Sequence[ProvisionerEvent]
) -> None:
    """Name the person who took a machine out of service."""
    for event in sorted(events, key=lambda event: event.id):
        machine, author = known.get(event.system_id), author_of(event, region.username)
        if machine is None or author.is_gough or event.type not in TAKES_AWAY:
            continue
        if (
            machine.service == ServiceState.ATTENTION
            and machine.reason.startswith(TAKEN)
            and not _busy(session, machine)
        ):
            status = MachineStatus(machine.status).label
            machine.reason = f"{TAKEN}{status}: {deed(event.type, author)}."


def _busy(session: Session, machine: Machine) -> bool:
    active = select(Job.id).where(Job.machine_id == machine.id, Job.state.in_(ACTIVE))
    return session.scalars(active.limit(1)).first() is not None
