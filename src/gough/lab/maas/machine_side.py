"""What a machine itself tells the region: booting, reporting, fetching its instructions.

The rules are those of MAAS 3.4's boot RPC, metadata service and status webhook (`rpc/boot.py`,
`metadataserver/api.py`, `metadataserver/api_twisted.py`). Every function runs under the region's lock.
"""

from collections.abc import Mapping

from gough.domain.machine_status import MachineStatus
from gough.lab.maas import storage
from gough.lab.maas.core import Core
from gough.lab.maas.linking import first_links
from gough.lab.maas.machine import BootTarget, Hardware, Machine
from gough.lab.maas.releasing import start_release
from gough.lab.maas.scripts import COMMISSIONING, INSTALLATION, TESTING, UNFINISHED, Script, ScriptSet

S = MachineStatus
FAILED_RESULTS = frozenset({"FAIL", "FAILURE"})
CURTIN = "curtin"
INSTALL = "cmd-install"

# Start events of curtin's that people see as the machine's message.
EVENT_STATUS_MESSAGES: Mapping[str, str] = {
    "cmd-install/stage-partitioning": "Configuring storage",
    "cmd-install/stage-extract": "Installing OS",
    "cmd-install/stage-curthooks": "Configuring OS",
}
WEBHOOK_EVENTS: Mapping[MachineStatus, str] = {
    S.COMMISSIONING: "Node commissioning",
    S.DEPLOYING: "Node installation",
    S.DEPLOYED: "Node post-installation",
}
# status: (what it becomes, why) when a top-level step finishes with a failure
FAILURES: Mapping[MachineStatus, tuple[MachineStatus, str]] = {
    S.COMMISSIONING: (
        S.FAILED_COMMISSIONING,
        "Commissioning failed, cloud-init reported a failure (refer to the event log for more information)",
    ),
    S.DEPLOYING: (
        S.FAILED_DEPLOYMENT,
        "Installation failed (refer to the installation log for more information).",
    ),
    S.DISK_ERASING: (S.FAILED_DISK_ERASING, "Failed to erase disks."),
}
PXE_PURPOSES: Mapping[BootTarget, str] = {
    BootTarget.COMMISSIONING: "commissioning",
    BootTarget.TESTING: "commissioning",
    BootTarget.ERASING: "commissioning",
    BootTarget.RESCUE: "commissioning",
    BootTarget.INSTALLER: "installation",
    BootTarget.EPHEMERAL: "ephemeral",
    BootTarget.LOCAL_DISK: "local boot",
    BootTarget.POWER_OFF: "power off",
}
OVER_THE_NETWORK: Mapping[MachineStatus, BootTarget] = {
    S.COMMISSIONING: BootTarget.COMMISSIONING,
    S.TESTING: BootTarget.TESTING,
    S.DISK_ERASING: BootTarget.ERASING,
    S.ENTERING_RESCUE_MODE: BootTarget.RESCUE,
    S.RESCUE_MODE: BootTarget.RESCUE,
}
FROM_DISK = frozenset({S.DEPLOYED, S.FAILED_DEPLOYMENT, S.BROKEN})


def pxe_boot(core: Core, machine: Machine) -> BootTarget:
    target = _boot_target(machine)
    core.tell(machine, "PXE Request", PXE_PURPOSES[target])
    core.tell(machine, "Performing PXE boot")
    if target not in {BootTarget.LOCAL_DISK, BootTarget.POWER_OFF}:
        core.tell(machine, "Loading ephemeral")
    return target


def _boot_target(machine: Machine) -> BootTarget:
    if machine.status in {S.DEPLOYING, S.DEPLOYED} and machine.ephemeral:
        return BootTarget.EPHEMERAL
    if machine.status is S.DEPLOYING:
        return BootTarget.INSTALLER if machine.netboot else BootTarget.LOCAL_DISK
    if machine.status in FROM_DISK:
        return BootTarget.LOCAL_DISK
    return OVER_THE_NETWORK.get(machine.status, BootTarget.POWER_OFF)


def signal(
    core: Core, machine: Machine, *, origin: str, name: str, event_type: str, description: str, result: str | None
) -> None:
    """One message to the status webhook, as curtin and cloud-init send them."""
    failed = event_type == "finish" and result in FAILED_RESULTS
    top_level = "/" not in name
    _note(machine, origin, f"{event_type}: {name}: {result or description}\n")
    if origin == CURTIN and event_type == "start" and name in EVENT_STATUS_MESSAGES:
        core.tell(machine, EVENT_STATUS_MESSAGES[name])
    core.tell(machine, _webhook_event(machine.status, failed=failed), f"'{origin}' {description}")
    if not top_level or event_type != "finish":
        return
    if failed and machine.status in FAILURES:
        _fail(core, machine)
    elif origin == CURTIN and name == INSTALL and machine.status is S.DEPLOYING and not failed:
        _installed(core, machine)


def _note(machine: Machine, origin: str, line: str) -> None:
    """What the installer reports is also what its log says, which MAAS keeps as the installation's output."""
    log = machine.current(INSTALLATION)
    if origin == CURTIN and log is not None:
        log.scripts[0].output += line.encode()


def _webhook_event(status: MachineStatus, *, failed: bool) -> str:
    if failed:
        return f"{WEBHOOK_EVENTS.get(status, 'Node status event')} failure"
    # Only an installing or commissioning machine's ordinary steps have names of their own.
    return WEBHOOK_EVENTS[status] if status in {S.COMMISSIONING, S.DEPLOYING} else "Node status event"


def _fail(core: Core, machine: Machine) -> None:
    status, reason = FAILURES[machine.status]
    core.fail(machine, status, reason)
    if status is S.FAILED_COMMISSIONING:
        core.tell(machine, "Failed commissioning")


def _installed(core: Core, machine: Machine) -> None:
    """Curtin is done: from now on the machine boots from its disk."""
    machine.netboot = False
    log = machine.current(INSTALLATION)
    if log is not None:
        for script in log.scripts:
            if script.status in UNFINISHED:
                _finish_script(core, script, 0, script.output)
    core.tell(machine, "Rebooting")


def user_data(core: Core, machine: Machine) -> bytes:
    """What the metadata service returns; the installed system's first fetch is what makes it Deployed."""
    if machine.status is S.COMMISSIONING:
        _gather(core, machine)
        return b"#!/bin/sh\nexec maas-run-remote-scripts /tmp/user_data\n"
    if machine.status is S.DEPLOYING and (not machine.netboot or machine.ephemeral):
        image = f"{machine.osystem}/{machine.distro_series}/{machine.architecture}"
        core.tell(machine, "Image Deployed", f"deployed {image}")
        core.move(machine, S.DEPLOYED)
        core.tell(machine, "Deployed")
    return machine.user_data


def vendor_data(machine: Machine) -> bytes:
    """MAAS's own configuration, which it ships beside the user's."""
    return (
        "#cloud-config\n"
        "ntp:\n  enabled: true\n  servers: []\n  pools: [ntp.ubuntu.com]\n"
        "manage_etc_hosts: true\n"
        f"fqdn: {machine.hostname}.maas\n"
    ).encode()


def _gather(core: Core, machine: Machine) -> None:
    if not machine.gathering:
        machine.gathering = True
        core.tell(machine, "Gathering information")


def report_script(core: Core, machine: Machine, name: str, exit_status: int, output: bytes) -> None:
    """One script's end. The last test of a Testing machine decides what becomes of it."""
    one, script = _script_for(core, machine, name)
    if one.kind == COMMISSIONING:
        _gather(core, machine)
    if one.kind == TESTING:
        core.tell(machine, "Running test", name)
    core.tell(machine, "Script result", f"{name} changed status from '{script.status}' to 'Running'")
    _finish_script(core, script, exit_status, output)
    core.tell(machine, "Script result", f"{name} changed status from 'Running' to '{script.status}'")
    if script.status == "Failed":
        core.tell(machine, "Script", f"{name} failed")
    if machine.status is S.TESTING and not one.pending:
        _finish_testing(core, machine, one)


def _script_for(core: Core, machine: Machine, name: str) -> tuple[ScriptSet, Script]:
    """An unfinished one of that name first; a name MAAS did not send is added to the set now running."""
    current = [one for kind in (COMMISSIONING, TESTING, INSTALLATION) if (one := machine.current(kind))]
    found = [(one, script) for one in current if (script := one.named(name))]
    if found:
        return next((pair for pair in found if pair[1].status in UNFINISHED), found[0])
    kinds = {S.TESTING: TESTING, S.DEPLOYING: INSTALLATION}
    kind = kinds.get(machine.status, COMMISSIONING)
    running = machine.current(kind)
    if running is None:
        raise KeyError(f"{machine.system_id} has no {kind} script {name!r}")
    return running, core.new_script(running, name)


def _finish_script(core: Core, script: Script, exit_status: int, output: bytes) -> None:
    now = core.clock()
    script.started, script.ended, script.updated = script.started or now, now, now
    script.exit_status, script.output = exit_status, output
    script.status = "Passed" if exit_status == 0 else "Failed"


def finish_commissioning(core: Core, machine: Machine, hardware: Hardware) -> MachineStatus:
    """Failed commissioning when a script failed; else Testing when tests were asked for, else Ready."""
    if machine.status is not S.COMMISSIONING:
        return machine.status  # aborted meanwhile
    machine.hardware = hardware
    if "skip_storage" not in machine.kept:
        machine.storage_layout = storage.DEFAULT if hardware.disk_bytes else "blank"
    if "skip_networking" not in machine.kept:
        first_links(core, machine)
    one = machine.current(COMMISSIONING)
    if one is not None and one.status == "Failed":
        core.move(machine, S.FAILED_COMMISSIONING)
        core.tell(machine, "Failed commissioning")
        return machine.status
    if one is not None:
        core.end_unfinished(one, "Passed")
    tests = machine.current(TESTING)
    if tests is not None and tests.pending:
        core.move(machine, S.TESTING)
        core.tell(machine, "Testing")
        machine.previous_status = S.READY  # where passed tests lead
    else:
        _ready(core, machine)
    return machine.status


def _finish_testing(core: Core, machine: Machine, tests: ScriptSet) -> None:
    if tests.status != "Passed":
        core.move(machine, S.FAILED_TESTING)
        core.tell(machine, "Failed testing")
        return
    if machine.previous_status is S.READY:
        _ready(core, machine)
        return
    if machine.previous_status not in {S.ALLOCATED, S.DEPLOYED}:
        machine.owner = None  # it was borrowed for the tests
    core.move(machine, machine.previous_status)
    _switch_off(core, machine)


def _ready(core: Core, machine: Machine) -> None:
    machine.owner = None
    core.move(machine, S.READY)
    core.tell(machine, "Ready")
    _switch_off(core, machine)


def _switch_off(core: Core, machine: Machine) -> None:
    """Unless somebody has logged in."""
    if not machine.stays_on:
        core.switch(machine, on=False)


def finish_erasing(core: Core, machine: Machine) -> None:
    """The disks are wiped: the release goes on."""
    if machine.status is S.DISK_ERASING:
        start_release(core, machine)
