"""Rescue mode: a machine boots a small system over the network, and later goes back to where it was."""

from functools import partial

from gough.domain.machine_status import MachineStatus, may_move
from gough.lab.maas.ask import Ask
from gough.lab.maas.core import Core
from gough.lab.maas.deploying import Pending
from gough.lab.maas.machine import Machine
from gough.lab.maas.wire import text

S = MachineStatus
STAYS_ON = frozenset({S.DEPLOYED, S.DEPLOYING, S.ALLOCATED})  # before rescue mode; all others are switched off


def start(core: Core, machine: Machine, ask: Ask) -> Pending:
    _check(machine, S.ENTERING_RESCUE_MODE)
    machine.rescued_from = machine.rescued_from or (machine.status, machine.owner)
    back = partial(_not_entered, core, machine, machine.status, machine.owner)
    core.tell_request(machine, "User starting rescue mode", ask)
    machine.owner, machine.netboot = ask.name, True
    core.move(machine, S.ENTERING_RESCUE_MODE)
    core.tell(machine, "Entering rescue mode")
    return core.switch(machine, on=True, user=ask.name, otherwise=back)


def _not_entered(core: Core, machine: Machine, before: MachineStatus, owner: str | None) -> None:
    core.move(machine, before, undo=True)
    machine.owner = owner
    if before is not S.FAILED_ENTERING_RESCUE_MODE:
        machine.rescued_from = None


def entered(core: Core, machine: Machine, *, ok: bool) -> None:
    """The machine's own word on how it went."""
    if machine.status is not S.ENTERING_RESCUE_MODE:
        return
    if ok:
        core.move(machine, S.RESCUE_MODE)
        core.tell(machine, "Rescue mode")
    else:
        core.move(machine, S.FAILED_ENTERING_RESCUE_MODE)
        core.tell(machine, "Node entering rescue mode failure")


def stop(core: Core, machine: Machine, ask: Ask) -> Pending:
    _check(machine, S.EXITING_RESCUE_MODE)
    status, _ = machine.rescued_from or (S.READY, None)
    core.tell_request(machine, "User stopping rescue mode", ask)
    core.move(machine, S.EXITING_RESCUE_MODE)
    done = partial(_left, core, machine)
    core.switch(machine, on=status in STAYS_ON, user=ask.name, then=done, otherwise=partial(_not_left, core, machine))
    return None


def _left(core: Core, machine: Machine) -> None:
    status, machine.owner = machine.rescued_from or (S.READY, None)
    machine.rescued_from = None
    machine.netboot = status is not S.DEPLOYED
    core.move(machine, status, undo=True)
    core.tell(machine, "Exited rescue mode")


def _not_left(core: Core, machine: Machine) -> None:
    core.move(machine, S.FAILED_EXITING_RESCUE_MODE)
    core.tell(machine, "Failed exiting rescue mode")


def _check(machine: Machine, to: MachineStatus) -> None:
    if not may_move(machine.status, to):
        raise text(409, f"Invalid transition: {machine.status.label} -> {to.label}.")
