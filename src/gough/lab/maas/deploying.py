"""Allocating and deploying: constraints, what a deployment needs, and what it starts."""

import base64
import binascii
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial

from gough.domain.machine_status import MachineStatus
from gough.lab.maas import releases
from gough.lab.maas.ask import Ask
from gough.lab.maas.core import Core
from gough.lab.maas.filters import TESTS, problems
from gough.lab.maas.forms import Form, boolean, raise_for
from gough.lab.maas.linking import claim_addresses
from gough.lab.maas.machine import Machine
from gough.lab.maas.scripts import INSTALL_LOG, INSTALLATION
from gough.lab.maas.users import Permission, may
from gough.lab.maas.wire import BARE_JSON, Answer, Refusal, text

S = MachineStatus
Pending = Future[None] | None
NO_NETWORK = b'{"network": ["Node must be configured to use a network"]}'

# What allocation looks at, beside the filters of the same names that lists take.
FITS: Mapping[str, Callable[[Machine, str], bool]] = {
    "name": lambda machine, wanted: machine.hostname == wanted.removesuffix(".maas"),
    "system_id": lambda machine, wanted: machine.system_id == wanted,
    "cpu_count": lambda machine, wanted: machine.hardware is not None and machine.hardware.cpu_count >= float(wanted),
    "mem": lambda machine, wanted: machine.hardware is not None and machine.hardware.memory_mib >= float(wanted),
}
NUMBERS: Mapping[str, str] = {
    "cpu_count": "Invalid CPU count: number required.",
    "mem": "Invalid memory: number of MiB required.",
}
FILTERS = frozenset({"tags", "not_tags", "zone", "pool", "arch"})


def allocate(core: Core, ask: Ask) -> Machine:
    """Acquires one Ready machine that fits; Refusal 409 when there is none. Exactly one caller gets it."""
    form = ask.form
    _check_constraints(core, form)
    for machine in core.machines.values():
        if machine.status is S.READY and may(ask.user, machine, Permission.EDIT) and _fits(machine, form):
            acquire(core, machine, ask)
            return machine
    asked = [(name, form.getlist(name)) for name in form if name != "op"]
    resolved = " ".join(
        f"{name}={_resolved(name, form[name])}" for name in sorted(form) if name in FITS or name in FILTERS
    )
    raise text(409, f'No available machine matches constraints: {asked} (resolved to "{resolved}")')


def _check_constraints(core: Core, form: Form) -> None:
    wrong = {name: problems(core, name, form.getlist(name)) for name in form if name in FILTERS}
    wrong |= {name: [said] for name, said in NUMBERS.items() if name in form and not _is_number(form[name])}
    raise_for(wrong)


def _fits(machine: Machine, form: Form) -> bool:
    named = all(FITS[name](machine, form[name]) for name in form if name in FITS)
    return named and all(TESTS[name](machine, frozenset(form.getlist(name))) for name in form if name in FILTERS)


def _is_number(given: str) -> bool:
    return given.replace(".", "", 1).isdecimal()


def _resolved(name: str, given: str) -> str:
    return str(float(given)) if name in NUMBERS else given


def acquire(core: Core, machine: Machine, ask: Ask) -> None:
    core.tell_request(machine, "User acquiring node", ask)
    machine.owner, machine.agent_name = ask.name, ask.form.get("agent_name", "")
    core.move(machine, S.ALLOCATED, suffix=f" (to {ask.name})")


def deploy(core: Core, machine: Machine, ask: Ask) -> Pending:
    if machine.status not in {S.READY, S.ALLOCATED}:
        raise text(409, f"Can't deploy a machine that is in the '{machine.status.label}' state")
    form = ask.form
    release = _release(core, machine, form)
    if not on_network(machine):
        raise Refusal(Answer(400, BARE_JSON, NO_NETWORK))
    claim_addresses(core, machine)
    if machine.status is S.READY:
        acquire(core, machine, ask)
    core.tell_request(machine, "User starting deployment", ask)
    machine.osystem, machine.distro_series = releases.OSYSTEM, release
    machine.hwe_kernel = releases.kernel_for(core.catalogue, machine, release, form.get("hwe_kernel", ""))
    machine.ephemeral = boolean(form, "ephemeral_deploy", default=False)
    machine.user_data, machine.netboot = _decoded(form.get("user_data", "")), True
    core.new_scripts(machine, INSTALLATION, (INSTALL_LOG,))
    core.move(machine, S.DEPLOYING)
    core.tell(machine, "Deploying")
    # MAAS claims addresses before it powers the machine, so its caller does not wait for the BMC here.
    back = partial(core.revert, machine, S.ALLOCATED, ask.name)
    core.switch(machine, on=True, user=ask.name, otherwise=back)
    return None


def on_network(machine: Machine) -> bool:
    return any(link.mode != "link_up" for nic in machine.nics for link in nic.links)


def _release(core: Core, machine: Machine, form: Form) -> str:
    """`ubuntu/noble` or `noble`; the region's default when it is not given."""
    given = form.get("distro_series") or str(core.catalogue.settings["default_distro_series"])
    release = given.removeprefix(f"{releases.OSYSTEM}/")
    wrong = {
        "architecture": releases.architecture_problems(core.catalogue, machine.architecture),
        "distro_series": releases.release_problems(core.catalogue, given),
    }
    if not any(wrong.values()):
        wrong["hwe_kernel"] = releases.kernel_problems(core.catalogue, machine, release, form.get("hwe_kernel", ""))
    raise_for(wrong)
    return release


def _decoded(given: str) -> bytes:
    """MAAS takes what is not base64, too, and the machine then gets rubbish."""
    try:
        return base64.b64decode(given)
    except binascii.Error:
        return b""
