"""Commissioning and testing, with their options: two forms in MAAS, so everything wrong is told at once.

MAAS 3.4 `maasserver/forms/ephemeral.py`.
"""

from functools import partial

from gough.domain.machine_status import COMMISSIONABLE, TESTABLE, MachineStatus, may_move
from gough.lab.maas import releases, script_catalogue
from gough.lab.maas.ask import Ask
from gough.lab.maas.core import Core
from gough.lab.maas.deploying import Pending
from gough.lab.maas.forms import Form, raise_for
from gough.lab.maas.machine import Machine
from gough.lab.maas.script_catalogue import FIELDS, chosen, problems
from gough.lab.maas.scripts import COMMISSIONING, TESTING
from gough.lab.maas.wire import text

S = MachineStatus
SKIPS = ("skip_networking", "skip_storage")


def commission(core: Core, machine: Machine, ask: Ask) -> Pending:
    raise_for(
        {
            **{FIELDS[kind]: problems(kind, chosen(ask.form, kind), may_be_none=True) for kind in FIELDS},
            **_parameter_problems(machine, ask.form),
            "__all__": _unavailable("Commission", is_available=machine.status in COMMISSIONABLE),
        }
    )
    return start_commissioning(core, machine, ask)


def start_commissioning(core: Core, machine: Machine, ask: Ask) -> Pending:
    series = str(core.catalogue.settings["commissioning_distro_series"])
    if series not in releases.releases(core.catalogue):
        raise text(400, f"Ephemeral operating system {releases.OSYSTEM} {series} is unavailable.")
    back = partial(_revert_to, core, machine, machine.status, machine.owner, ask)
    core.tell(machine, "User starting node commissioning", f"({ask.name})", user=ask.name)
    machine.owner, machine.netboot, machine.gathering = ask.name, True, False
    machine.stays_on = _ticked(ask.form, "enable_ssh")
    machine.kept = frozenset(name for name in SKIPS if _ticked(ask.form, name))
    with_bmc = not _ticked(ask.form, "skip_bmc_config")
    core.new_scripts(machine, COMMISSIONING, script_catalogue.commissioning_scripts(with_bmc=with_bmc))
    if tests := script_catalogue.tests(chosen(ask.form, TESTING)):
        core.new_scripts(machine, TESTING, tests)
    core.tell(machine, "Commissioning")
    core.move(machine, S.COMMISSIONING)
    return core.switch(machine, on=True, user=ask.name, otherwise=back)


def test(core: Core, machine: Machine, ask: Ask) -> Pending:
    names = chosen(ask.form, TESTING)
    raise_for(
        {
            FIELDS[TESTING]: _test_problems(machine, names),
            **_parameter_problems(machine, ask.form),
            "__all__": _unavailable("Test", is_available=machine.status in TESTABLE),
        }
    )
    back = partial(_revert_to, core, machine, machine.status, machine.owner, ask)
    core.tell(machine, "User starting node testing", f"({ask.name})", user=ask.name)
    core.new_scripts(machine, TESTING, script_catalogue.tests(names))
    machine.owner, machine.stays_on = machine.owner or ask.name, _ticked(ask.form, "enable_ssh")
    core.tell(machine, "Testing")
    core.move(machine, S.TESTING)
    return core.switch(machine, on=True, user=ask.name, otherwise=back)


def _test_problems(machine: Machine, names: tuple[str, ...]) -> list[str]:
    found = problems(TESTING, names, may_be_none=False)
    if not found and machine.status is S.DEPLOYED and script_catalogue.destroys(names):
        return [script_catalogue.DESTRUCTIVE_ON_DEPLOYED]
    return found


def _parameter_problems(machine: Machine, form: Form) -> dict[str, list[str]]:
    """Of the scripts' parameters only the disk is looked at; a name that no script knows is ignored, as MAAS does."""
    disk = form.get("storage", "")
    count = len(machine.hardware.disk_bytes) if machine.hardware else 0
    known = {"", "all", *(f"sd{chr(ord('a') + index)}" for index in range(count))}
    wrong = f"Select a valid choice. {disk} is not one of the available choices."
    return {"storage": [] if disk in known else [wrong]}


def _unavailable(action: str, *, is_available: bool) -> list[str]:
    return [] if is_available else [f"{action} is not available because of the current state of the node."]


def _ticked(form: Form, name: str) -> bool:
    """As Django reads a box: everything but nothing and `false` is a yes, `0` too."""
    return form.get(name, "").lower() not in {"", "false"}


def _revert_to(core: Core, machine: Machine, before: MachineStatus, owner: str | None, ask: Ask) -> None:
    core.revert(machine, before if may_move(machine.status, before) else S.NEW, ask.name)
    machine.owner = owner
