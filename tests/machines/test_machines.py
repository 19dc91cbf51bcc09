"""Machines that are machines: from a blank disk to service and to a blank disk again; and what breaks on the way."""

import shutil
from pathlib import Path

import pytest

from gough.domain.machine_options import Erase, ReleaseOptions
from gough.lab.qemu.machine import DISK
from gough.services import lifecycle, machines, timeline
from tests.machines.shell import Shell
from tests.machines.site import Site, running
from tests.support.require import need

pytestmark = [pytest.mark.machines, pytest.mark.timeout(1500)]
NAME = "node-01"
ARRIVES, IS_WIPED = 900, 240
BLOCK = 1024**2
AGENT_BYTES = 48 * 1024**2  # docs/agent.md: about 23 MiB; here with what its start left in the page cache


def is_blank(disk: Path) -> bool:
    blank = bytes(BLOCK)
    with disk.open("rb") as file:
        return all(block == blank[: len(block)] for block in iter(lambda: file.read(BLOCK), b""))


def test_from_a_blank_disk_to_service_and_to_a_blank_disk_again(tmp_path: Path) -> None:
    need(shutil.which("ssh"), "ssh", "apt-get install openssh-client")
    shell = Shell(tmp_path)
    with running(tmp_path, 1, values={"ssh_keys": [shell.key]}) as site:
        assert is_blank(site.disk(NAME))
        standing = site.bring(NAME, ARRIVES)
        assert standing.service == "in_service", f"{standing}\n{site.told(NAME)}"
        _is_what_it_is(site)
        _was_installed(site)
        _says_itself_that_it_is_well(shell, site.disk(NAME).parent)
        assert not is_blank(site.disk(NAME))

        lifecycle.release(site.use, NAME, ReleaseOptions(Erase.FULL), by="test")
        done = site.standing(NAME, IS_WIPED, lambda one: one.job in ("erasure", "release") and not _under_way(one))
        assert (done.status, done.failed) == ("Ready", False), site.told(NAME)
        assert site.disk(NAME).stat().st_size == DISK
        assert is_blank(site.disk(NAME))
        assert site.hall.machines[0].power_state() == "off", "a released machine is off"


def _under_way(one: object) -> bool:
    return any(state in ("pending", "running") for _, state in getattr(one, "stages", ()))


def _is_what_it_is(site: Site) -> None:
    """What Gough knows of the hardware came from the machine, over MAAS."""
    with site.use.database.read() as session:
        machine = machines.find(session, NAME)
        assert (machine.cpu_count, machine.memory_mib) == (2, 1024)


def _was_installed(site: Site) -> None:
    with site.use.database.read() as session:
        events = timeline.history(session, machines.find(session, NAME).id)
    told = {(one.source, one.kind) for one in events}
    assert ("cloud-init", "modules-final") in told and ("agent", "enrolled") in told
    console = site.console(NAME)
    for said in ("Asking the region what to boot", "install: extract", "Booting Debian from disk", f"{NAME} login:"):
        assert said in console, f"the console does not say '{said}'"


def _says_itself_that_it_is_well(shell: Shell, machine: Path) -> None:
    status = shell.run(machine, "cloud-init status --long --wait")
    assert "status: done" in status.stdout, status
    schema = shell.run(machine, "cloud-init schema --system")
    assert schema.returncode == 0 and "Invalid" not in schema.stdout, schema
    agent = shell.run(machine, "systemctl is-active gough-agent && systemctl show -p MemoryCurrent --value gough-agent")
    active, _, memory = agent.stdout.strip().partition("\n")
    assert active == "active", agent
    assert int(memory) < AGENT_BYTES, f"the agent's memory, as its control group counts it: {memory} bytes"
