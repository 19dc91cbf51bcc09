"""Rescue mode and overridden tests: out of an ordinary state and back into it."""

import pytest

from gough.domain.errors import Conflict, Unavailable
from gough.domain.machine_status import MachineStatus
from gough.lab.maas import BootTarget

from .harness import NO_BMC, Lab, newest_id

S = MachineStatus


def test_a_deployed_machine_is_rescued_and_deployed_again(lab: Lab) -> None:
    system_id = lab.deployed()
    before = newest_id(lab.maas)
    assert lab.maas.rescue(system_id).status is S.ENTERING_RESCUE_MODE
    assert lab.power.pressed[-2:] == [("off", system_id), ("on", system_id)], "it has to boot"
    assert lab.region.pxe_boot(system_id) is BootTarget.RESCUE
    lab.region.rescue_booted(system_id)
    assert lab.maas.machine(system_id).status is S.RESCUE_MODE
    assert lab.maas.exit_rescue(system_id).status is S.EXITING_RESCUE_MODE
    lab.until(system_id, S.DEPLOYED)
    machine = lab.maas.machine(system_id)
    assert (machine.owner, machine.osystem, machine.power_state) == ("admin", "ubuntu", "on")
    assert not lab.target.http("GET", f"machines/{system_id}/").json()["netboot"], "it boots from its disk again"
    assert [line for line in lab.log(system_id, before) if "PXE" not in line[1]][:8] == [
        ("DEBUG", "User starting rescue mode", "(admin)"),
        ("DEBUG", "Node changed status", "From 'Deployed' to 'Entering rescue mode'"),
        ("INFO", "Entering rescue mode", ""),
        ("INFO", "Loading ephemeral", ""),
        ("DEBUG", "Node changed status", "From 'Entering rescue mode' to 'Rescue mode'"),
        ("INFO", "Rescue mode", ""),
        ("DEBUG", "User stopping rescue mode", "(admin)"),
        ("DEBUG", "Node changed status", "From 'Rescue mode' to 'Exiting rescue mode'"),
    ]


def test_a_ready_machine_is_nobodys_and_off_after_its_rescue(lab: Lab) -> None:
    system_id = lab.ready()
    assert lab.maas.rescue(system_id).owner == "admin"
    lab.region.rescue_booted(system_id)
    lab.maas.exit_rescue(system_id)
    lab.until(system_id, S.READY)
    machine = lab.maas.machine(system_id)
    assert (machine.owner, machine.power_state) == ("", "off")


def test_a_rescue_that_does_not_boot_can_be_given_up(lab: Lab) -> None:
    system_id = lab.ready()
    lab.maas.rescue(system_id)
    lab.region.rescue_booted(system_id, ok=False)
    assert lab.maas.machine(system_id).status is S.FAILED_ENTERING_RESCUE_MODE
    lab.maas.exit_rescue(system_id)
    lab.until(system_id, S.READY)


def test_without_power_nothing_comes_of_a_rescue(lab: Lab) -> None:
    system_id = lab.enlisted()
    lab.power.broken.add(system_id)
    with pytest.raises(Unavailable, match=NO_BMC):
        lab.maas.rescue(system_id)
    machine = lab.maas.machine(system_id)
    assert (machine.status, machine.owner) == (S.NEW, "")


def test_a_bmc_that_fails_on_the_way_out_leaves_a_failure(lab: Lab) -> None:
    system_id = lab.deployed()
    lab.maas.rescue(system_id)
    lab.region.rescue_booted(system_id)
    lab.power.broken.add(system_id)
    lab.maas.exit_rescue(system_id)
    lab.until(system_id, S.FAILED_EXITING_RESCUE_MODE)


def test_wrong_states_are_conflicts_in_maas_words(lab: Lab) -> None:
    with pytest.raises(Conflict, match="Invalid transition: Ready -> Exiting rescue mode"):
        lab.maas.exit_rescue(lab.ready("ready"))
    with pytest.raises(Conflict, match="Invalid transition: Deploying -> Entering rescue mode"):
        lab.maas.rescue(lab.deploying("deploying"))
    with pytest.raises(Conflict):
        lab.maas.override_failed_testing(lab.ready("fine"))


@pytest.mark.parametrize("deployed", [True, False])
def test_failed_tests_can_be_overridden(lab: Lab, deployed: bool) -> None:
    system_id = lab.deployed() if deployed else lab.ready()
    lab.maas.test(system_id)
    lab.run_scripts(system_id, exit_status=1)
    assert lab.maas.machine(system_id).status is S.FAILED_TESTING
    freed = lab.maas.override_failed_testing(system_id, comment="known")
    assert (freed.status, freed.owner) == ((S.DEPLOYED, "admin") if deployed else (S.READY, ""))
    assert ("DEBUG", "User overrode 'Failed testing' status", "(admin) - known") in lab.log(system_id)
