"""Machines as Gough knows them: finding one, and its service state."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, NotFound
from gough.domain.service_state import ServiceState
from gough.persistence.models import Machine


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


def search_text(machine: Machine) -> str:
    """What free text is looked for in. Kept by whoever changes one of these."""
    words = [machine.hostname, machine.fqdn, machine.system_id, machine.serial, machine.hardware_uuid, machine.site,
             machine.rack]  # fmt: skip
    return " ".join([*words, *machine.mac_addresses, *machine.ip_addresses, *machine.tags]).lower()
