"""What a person may ask of a machine: `POST machines/{system_id}/?op=…`.

Each function checks, changes, and starts what follows in the background; it runs under the region's lock and either
refuses before it changes anything or is accepted. It answers the power action the caller has to wait for, if any.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial

from gough.domain.machine_status import COMMISSIONABLE, RELEASABLE, TESTABLE, MachineStatus, may_move
from gough.lab.maas.core import Core
from gough.lab.maas.forms import Form, boolean
from gough.lab.maas.machine import Machine
from gough.lab.maas.scripts import COMMISSIONING, INSTALLATION, SCRIPTS, TESTING
from gough.lab.maas.wire import Answer, Refusal, invalid, text, wrong_state_for_form

S = MachineStatus
Pending = Future[None] | None
Operation = Callable[[Core, Machine, Form], Pending]

SERIES = {"focal": "ga-20.04", "jammy": "ga-22.04", "noble": "ga-24.04"}
DEFAULT_SERIES = "jammy"
OSYSTEM = "ubuntu"
REFUSED_WHEN_LOCKED = frozenset({"release", "power_off", "mark_broken", "abort"})


def allocate(core: Core, form: Form) -> Machine:
    """Acquires one Ready machine that fits; Refusal 409 when there is none. Exactly one caller gets it."""
    for machine in core.machines.values():
        if machine.status is S.READY and _fits(machine, form):
            acquire(core, machine, form)
            return machine
    asked = [(name, form.getlist(name)) for name in form]
    resolved = " ".join(f"{name}={form[name]}" for name in form if name not in {"agent_name", "comment", "op"})
    raise text(409, f'No available machine matches constraints: {asked} (resolved to "{resolved}")')


def _fits(machine: Machine, form: Form) -> bool:
    names = {form.get("name", machine.hostname).removesuffix(".maas")}
    return machine.hostname in names and form.get("system_id", machine.system_id) == machine.system_id


def acquire(core: Core, machine: Machine, form: Form) -> None:
    core.tell_request(machine, "User acquiring node", form.get("comment"))
    machine.owner, machine.agent_name = core.username, form.get("agent_name", "")
    core.move(machine, S.ALLOCATED, suffix=f" (to {core.username})")


def deploy(core: Core, machine: Machine, form: Form) -> Pending:
    if machine.status not in {S.READY, S.ALLOCATED}:
        raise text(409, f"Can't deploy a machine that is in the '{machine.status.label}' state")
    series = _series(form.get("distro_series", ""))
    if machine.status is S.READY:
        acquire(core, machine, form)
    core.tell_request(machine, "User starting deployment", form.get("comment"))
    machine.osystem, machine.distro_series, machine.hwe_kernel = OSYSTEM, series, SERIES[series]
    machine.ephemeral = boolean(form, "ephemeral_deploy", default=False)
    machine.user_data, machine.netboot = _decoded(form.get("user_data", "")), True
    core.new_scripts(machine, INSTALLATION)
    core.move(machine, S.DEPLOYING)
    core.tell(machine, "Deploying")
    # MAAS claims addresses before it powers the machine, so its caller does not wait for the BMC here.
    core.switch(machine, on=True, otherwise=partial(core.revert, machine, S.ALLOCATED))
    return None


def _series(given: str) -> str:
    """`ubuntu/noble` or `noble`; the region's default when it is not given."""
    name = given.removeprefix(f"{OSYSTEM}/") or DEFAULT_SERIES
    if name in SERIES:
        return name
    choices = ", ".join(["''", *(f"'{OSYSTEM}/{known}'" for known in SERIES)])
    raise invalid({"distro_series": [f"'{given}' is not a valid distro_series.  It should be one of: {choices}."]})


def _decoded(given: str) -> bytes:
    """MAAS takes what is not base64, too, and the machine then gets rubbish."""
    try:
        return base64.b64decode(given)
    except binascii.Error:
        return b""


def commission(core: Core, machine: Machine, form: Form) -> Pending:
    if machine.status not in COMMISSIONABLE:
        raise wrong_state_for_form("Commission")
    tests = form.getlist("testing_scripts")
    _check_scripts(tests, also={"none"})
    return start_commissioning(core, machine, with_tests="none" not in tests)


def start_commissioning(core: Core, machine: Machine, *, with_tests: bool) -> Pending:
    before, owner = machine.status, machine.owner
    core.tell_request(machine, "User starting node commissioning", None)
    machine.owner, machine.netboot, machine.gathering = core.username, True, False
    core.new_scripts(machine, COMMISSIONING)
    if with_tests:
        core.new_scripts(machine, TESTING)
    core.tell(machine, "Commissioning")
    core.move(machine, S.COMMISSIONING)
    return core.switch(machine, on=True, otherwise=partial(_revert_to, core, machine, before, owner))


def test(core: Core, machine: Machine, form: Form) -> Pending:
    _check_scripts(form.getlist("testing_scripts"))
    if machine.status not in TESTABLE:
        raise wrong_state_for_form("Test")
    before, owner = machine.status, machine.owner
    core.tell_request(machine, "User starting node testing", None)
    core.new_scripts(machine, TESTING)
    machine.owner = owner or core.username
    core.tell(machine, "Testing")
    core.move(machine, S.TESTING)
    return core.switch(machine, on=True, otherwise=partial(_revert_to, core, machine, before, owner))


def _check_scripts(names: list[str], also: set[str] | frozenset[str] = frozenset()) -> None:
    for name in names:
        if name not in also and name not in SCRIPTS[TESTING]:
            raise invalid({"testing_scripts": [f"Select a valid choice. {name} is not one of the available choices."]})


def _revert_to(core: Core, machine: Machine, before: MachineStatus, owner: str | None) -> None:
    core.revert(machine, before if may_move(machine.status, before) else S.NEW)
    machine.owner = owner


def release(core: Core, machine: Machine, form: Form) -> Pending:
    if machine.status in {S.READY, S.RELEASING}:
        return None
    if machine.status not in RELEASABLE:
        raise text(409, f"Machine cannot be released in its current state ('{machine.status.label}').")
    if boolean(form, "erase", default=False):
        core.tell_request(machine, "User erasing disk", form.get("comment"))
        machine.netboot = True
        core.move(machine, S.DISK_ERASING)
        failed = partial(core.fail, machine, S.FAILED_DISK_ERASING, "Failed to erase disks.")
        core.switch(machine, on=True, otherwise=failed)
        return None
    core.tell_request(machine, "User releasing node", form.get("comment"))
    start_release(core, machine)
    return None


def start_release(core: Core, machine: Machine) -> None:
    """Releasing, and Ready once the power is off; a machine that is off already is Ready at once."""
    core.move(machine, S.RELEASING)
    core.tell(machine, "Releasing")
    machine.osystem, machine.distro_series, machine.hwe_kernel = "", "", None
    machine.netboot, machine.ephemeral, machine.user_data = True, False, b""
    if machine.power_state == "on":
        failed = partial(core.fail, machine, S.RELEASING_FAILED, "Node could not be powered off.")
        core.switch(machine, on=False, then=partial(_finish_release, core, machine), otherwise=failed)
    else:
        _finish_release(core, machine)


def _finish_release(core: Core, machine: Machine) -> None:
    machine.owner, machine.agent_name, machine.owner_data, machine.locked = None, "", {}, False
    core.move(machine, S.READY)
    core.tell(machine, "Released")


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


def abort(core: Core, machine: Machine, form: Form) -> Pending:
    status = machine.status
    if status not in ABORTS:
        raise text(409, f"Cannot abort in current state: node {machine.system_id} is in state {status.label}.")
    asked, done = ABORTS[status]
    core.tell_request(machine, asked, form.get("comment"))
    core.tell(machine, done)
    target = ABORTED_TO.get(status, machine.previous_status)
    if target in {S.NEW, S.READY, S.FAILED_COMMISSIONING}:
        machine.owner = None
    for one in machine.script_sets:
        core.end_unfinished(one, "Aborted")
    core.switch(machine, on=False, then=partial(core.move, machine, target if may_move(status, target) else S.NEW))
    return None


def lock(core: Core, machine: Machine, form: Form) -> Pending:
    if machine.locked:
        raise text(409, "Machine is already locked")
    if machine.status not in {S.DEPLOYED, S.DEPLOYING}:
        raise text(409, "Can't lock, node is not deployed or deploying")
    core.tell_request(machine, "User locking node", form.get("comment"))
    machine.locked = True
    return None


def unlock(core: Core, machine: Machine, form: Form) -> Pending:
    if not machine.locked:
        raise text(409, "Machine is not locked")
    core.tell_request(machine, "User unlocking node", form.get("comment"))
    machine.locked = False
    return None


def mark_broken(core: Core, machine: Machine, form: Form) -> Pending:
    if machine.owner != core.username or not may_move(machine.status, S.BROKEN):
        raise denied()
    core.tell_request(machine, "User marking node broken", form.get("comment"))
    core.move(machine, S.BROKEN)
    machine.owner, machine.agent_name, machine.owner_data = None, "", {}
    machine.osystem, machine.distro_series, machine.hwe_kernel, machine.netboot = "", "", None, True
    return None


def mark_fixed(core: Core, machine: Machine, form: Form) -> Pending:
    if machine.status is not S.BROKEN:
        raise text(409, "Can't mark a non-broken node as 'Ready'.")
    core.tell_request(machine, "User marking node fixed", form.get("comment"))
    core.move(machine, S.DEPLOYED if machine.previous_status is S.DEPLOYED else S.READY)
    return None


def power_on(core: Core, machine: Machine, form: Form) -> Pending:
    if machine.owner is None:
        raise text(409, "Can't start node: it hasn't been allocated.")
    core.tell_request(machine, "User powering up node", form.get("comment"))
    return core.switch(machine, on=True)


def power_off(core: Core, machine: Machine, form: Form) -> Pending:
    core.tell_request(machine, "User powering down node", form.get("comment"))
    return core.switch(machine, on=False)


def set_owner_data(_core: Core, machine: Machine, form: Form) -> Pending:
    """An empty value removes the key."""
    if machine.owner is None:
        raise text(409, "Cannot set workload annotation: it hasn't been acquired.")
    given = {name: value for name, value in form.items() if name != "op"}
    machine.owner_data = {name: value for name, value in (machine.owner_data | given).items() if value}
    return None


def denied() -> Refusal:
    return Refusal(Answer(403, "text/plain; charset=utf-8"))


OPERATIONS: Mapping[str, Operation] = {
    "abort": abort,
    "commission": commission,
    "deploy": deploy,
    "lock": lock,
    "mark_broken": mark_broken,
    "mark_fixed": mark_fixed,
    "power_off": power_off,
    "power_on": power_on,
    "release": release,
    "set_owner_data": set_owner_data,
    "set_workload_annotations": set_owner_data,
    "test": test,
    "unlock": unlock,
}
