"""Releasing machines, one or many, with or without wiping their disks."""

from functools import partial

from gough.domain.machine_status import RELEASABLE, MachineStatus
from gough.lab.maas.ask import Ask
from gough.lab.maas.core import Core
from gough.lab.maas.deploying import Pending
from gough.lab.maas.forms import boolean
from gough.lab.maas.linking import give_addresses_back
from gough.lab.maas.machine import Machine
from gough.lab.maas.users import Permission, may
from gough.lab.maas.wire import text

S = MachineStatus
NOTHING_TO_DO = frozenset({S.READY, S.RELEASING})


def release(core: Core, machine: Machine, ask: Ask) -> Pending:
    if machine.status in NOTHING_TO_DO:
        return None
    if machine.status not in RELEASABLE:
        raise text(409, f"Machine cannot be released in its current state ('{machine.status.label}').")
    _release(core, machine, ask)
    return None


def release_all(core: Core, ask: Ask) -> list[str]:
    """All or none of `machines`; the ids of those that were not released already."""
    ids = ask.form.getlist("machines")
    if unknown := [system_id for system_id in ids if system_id not in core.machines]:
        raise text(400, f"Unknown machine(s): {', '.join(unknown)}.")
    machines = [core.machines[system_id] for system_id in ids]
    if denied := [m.system_id for m in machines if not may(ask.user, m, Permission.EDIT)]:
        lacking = "You don't have the required permission to release the following machine(s)"
        raise text(403, f"{lacking}: {', '.join(denied)}.")
    todo = [machine for machine in machines if machine.status not in NOTHING_TO_DO]
    if stuck := [f"{m.system_id} ('{m.status.label}')" for m in todo if m.status not in RELEASABLE]:
        raise text(409, f"Machine(s) cannot be released in their current state: {', '.join(stuck)}.")
    for machine in todo:
        _release(core, machine, ask)
        core.calls["release", machine.system_id] += 1
    return [machine.system_id for machine in todo]


def _release(core: Core, machine: Machine, ask: Ask) -> None:
    if not boolean(ask.form, "erase", default=False):
        core.tell_request(machine, "User releasing node", ask)
        start_release(core, machine, ask.name)
        return
    core.tell_request(machine, "User erasing disk", ask)
    modes = [mode for mode in ("quick", "secure") if boolean(ask.form, f"{mode}_erase", default=False)]
    machine.netboot, machine.erasing = True, "+".join(modes) or "full"
    core.move(machine, S.DISK_ERASING)
    failed = partial(core.fail, machine, S.FAILED_DISK_ERASING, "Failed to erase disks.")
    core.switch(machine, on=True, user=ask.name, otherwise=failed)


def start_release(core: Core, machine: Machine, user: str = "") -> None:
    """Releasing, and Ready once the power is off; a machine that is off already is Ready at once."""
    core.move(machine, S.RELEASING)
    core.tell(machine, "Releasing")
    machine.osystem, machine.distro_series, machine.hwe_kernel = "", "", None
    machine.netboot, machine.ephemeral, machine.user_data, machine.erasing = True, False, b"", ""
    give_addresses_back(machine)
    if machine.power_state == "on":
        failed = partial(core.fail, machine, S.RELEASING_FAILED, "Node could not be powered off.")
        core.switch(machine, on=False, user=user, then=partial(_finish_release, core, machine), otherwise=failed)
    else:
        _finish_release(core, machine)


def _finish_release(core: Core, machine: Machine) -> None:
    machine.owner, machine.agent_name, machine.owner_data, machine.locked = None, "", {}, False
    core.move(machine, S.READY)
    core.tell(machine, "Released")
