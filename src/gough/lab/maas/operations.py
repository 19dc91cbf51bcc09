"""What a person may ask of a machine: `POST machines/{system_id}/?op=…`.

Each function checks, changes, and starts what follows in the background; it runs under the region's lock and either
refuses before it changes anything or is accepted. It answers the power action the caller has to wait for, if any.
"""

from collections.abc import Callable, Mapping
from functools import partial

from gough.domain.machine_status import MachineStatus, may_move
from gough.lab.maas import rescue, storage
from gough.lab.maas.ask import Ask
from gough.lab.maas.commissioning import commission, test
from gough.lab.maas.core import Core
from gough.lab.maas.deploying import Pending, deploy
from gough.lab.maas.forms import raise_for
from gough.lab.maas.linking import give_addresses_back
from gough.lab.maas.machine import Machine
from gough.lab.maas.releasing import release
from gough.lab.maas.users import Permission
from gough.lab.maas.wire import denied, text

S = MachineStatus
Operation = Callable[[Core, Machine, Ask], Pending]


def override_failed_testing(core: Core, machine: Machine, ask: Ask) -> Pending:
    if machine.status is not S.FAILED_TESTING:
        raise text(409, "Unable to override failed testing: the node's tests have not failed.")
    core.tell_request(machine, "User overrode 'Failed testing' status", ask)
    core.move(machine, S.DEPLOYED if machine.osystem else S.READY)
    if not machine.osystem:
        machine.owner = None
    return None


# status: (what the user asks, what MAAS then says)
ABORTS: Mapping[MachineStatus, tuple[str, str]] = {
    S.COMMISSIONING: ("User aborting node commissioning", "Aborted commissioning"),
    S.DEPLOYING: ("User aborting deployment", "Aborted deployment"),
    S.TESTING: ("User aborting node testing", "Aborted testing"),
    S.DISK_ERASING: ("User aborting disk erasing operation", "Aborted disk erasing"),
}
ABORTED_TO: Mapping[MachineStatus, MachineStatus] = {
    S.DEPLOYING: S.ALLOCATED,
    S.DISK_ERASING: S.FAILED_DISK_ERASING,
}


def abort(core: Core, machine: Machine, ask: Ask) -> Pending:
    status = machine.status
    if status not in ABORTS:
        raise text(409, f"Cannot abort in current state: node {machine.system_id} is in state {status.label}.")
    asked, done = ABORTS[status]
    core.tell_request(machine, asked, ask)
    core.tell(machine, done)
    target = ABORTED_TO.get(status, machine.previous_status)
    if target in {S.NEW, S.READY, S.FAILED_COMMISSIONING}:
        machine.owner = None
    for one in machine.script_sets:
        core.end_unfinished(one, "Aborted")
    gone = partial(core.move, machine, target if may_move(status, target) else S.NEW)
    core.switch(machine, on=False, user=ask.name, then=gone)
    return None


def lock(core: Core, machine: Machine, ask: Ask) -> Pending:
    if machine.locked:
        raise text(409, "Machine is already locked")
    if machine.status not in {S.DEPLOYED, S.DEPLOYING}:
        raise text(409, "Can't lock, node is not deployed or deploying")
    core.tell_request(machine, "User locking node", ask)
    machine.locked = True
    return None


def unlock(core: Core, machine: Machine, ask: Ask) -> Pending:
    if not machine.locked:
        raise text(409, "Machine is not locked")
    core.tell_request(machine, "User unlocking node", ask)
    machine.locked = False
    return None


def mark_broken(core: Core, machine: Machine, ask: Ask) -> Pending:
    if machine.owner != ask.name or not may_move(machine.status, S.BROKEN):
        raise denied()
    core.tell_request(machine, "User marking node broken", ask)
    core.move(machine, S.BROKEN)
    machine.owner, machine.agent_name, machine.owner_data = None, "", {}
    machine.osystem, machine.distro_series, machine.hwe_kernel, machine.netboot = "", "", None, True
    give_addresses_back(machine)
    return None


def mark_fixed(core: Core, machine: Machine, ask: Ask) -> Pending:
    if machine.status is not S.BROKEN:
        raise text(409, "Can't mark a non-broken node as 'Ready'.")
    core.tell_request(machine, "User marking node fixed", ask)
    core.move(machine, S.DEPLOYED if machine.previous_status is S.DEPLOYED else S.READY)
    return None


def power_on(core: Core, machine: Machine, ask: Ask) -> Pending:
    if machine.owner is None:
        raise text(409, "Can't start node: it hasn't been allocated.")
    core.tell_request(machine, "User powering up node", ask)
    return core.switch(machine, on=True, user=ask.name)


def power_off(core: Core, machine: Machine, ask: Ask) -> Pending:
    core.tell_request(machine, "User powering down node", ask)
    return core.switch(machine, on=False, user=ask.name)


def set_owner_data(core: Core, machine: Machine, ask: Ask) -> Pending:
    """An empty value removes the key."""
    if machine.owner is None:
        raise text(409, "Cannot set workload annotation: it hasn't been acquired.")
    given = {name: value for name, value in ask.form.items() if name != "op"}
    machine.owner_data = {name: value for name, value in (machine.owner_data | given).items() if value}
    core.changed(machine)
    return None


def set_storage_layout(core: Core, machine: Machine, ask: Ask) -> Pending:
    layout = ask.form.get("storage_layout", "")
    if machine.status is not S.READY:
        raise text(409, "Cannot change the storage layout on a machine that is not Ready.")
    choices = ", ".join(f"'{name}'" for name in storage.CHOICES)
    known = layout in storage.CHOICES
    wrong = [] if known else [f"'{layout}' is not a valid storage_layout.  It should be one of: {choices}."]
    raise_for({"storage_layout": wrong})
    if machine.hardware is None or not machine.hardware.disk_bytes:
        raise text(400, "Machine is missing a boot disk; no storage layout can be applied.")
    if layout in storage.IMPOSSIBLE:
        raise text(400, f"Failed to configure storage layout '{layout}': {storage.IMPOSSIBLE[layout]}")
    machine.storage_layout = layout
    core.changed(machine)
    return None


OPERATIONS: Mapping[str, tuple[Operation, Permission]] = {
    "abort": (abort, Permission.EDIT),
    "commission": (commission, Permission.ADMIN),
    "deploy": (deploy, Permission.EDIT),
    "exit_rescue_mode": (rescue.stop, Permission.ADMIN),
    "lock": (lock, Permission.LOCK),
    "mark_broken": (mark_broken, Permission.EDIT),
    "mark_fixed": (mark_fixed, Permission.ADMIN),
    "override_failed_testing": (override_failed_testing, Permission.ADMIN),
    "power_off": (power_off, Permission.EDIT),
    "power_on": (power_on, Permission.EDIT),
    "release": (release, Permission.EDIT),
    "rescue_mode": (rescue.start, Permission.ADMIN),
    "set_owner_data": (set_owner_data, Permission.EDIT),
    "set_storage_layout": (set_storage_layout, Permission.ADMIN),
    "set_workload_annotations": (set_owner_data, Permission.EDIT),
    "test": (test, Permission.ADMIN),
    "unlock": (unlock, Permission.LOCK),
}


def operate(core: Core, machine: Machine, ask: Ask, name: str) -> Pending:
    """Of somebody who may do it."""
    act, _ = OPERATIONS[name]
    pending = act(core, machine, ask)
    core.calls[name, machine.system_id] += 1
    return pending
