"""Options of commissioning, testing and releasing: what a region takes and refuses, and what follows from them."""

import pytest

from gough.adapters.maas import MaasClient
from gough.domain.errors import Invalid
from gough.domain.machine_options import CommissionOptions, Erase, ReleaseOptions, ScriptOptions
from gough.domain.machine_status import MachineStatus

from .harness import HARDWARE, Lab, Target, eventually

S = MachineStatus
EVERYTHING = CommissionOptions(
    enable_ssh=True, testing_scripts=("smartctl-validate", "memory"), script_parameters={"url": "https://example.com"},
    commissioning_scripts=("none",), skip_bmc_config=True, skip_networking=True, skip_storage=True,
)  # fmt: skip


def test_every_option_of_commissioning_is_taken_and_its_tests_are_pending(target: Target, maas: MaasClient) -> None:
    system_id = target.new_machine()
    assert maas.commission(system_id, EVERYTHING).status is S.COMMISSIONING
    pending = {(result.kind, result.name) for result in maas.script_results(system_id)}
    tests = {name for kind, name in pending if kind == "testing"}
    assert tests == {"smartctl-validate", "memtester", "stress-ng-memory-short", "stress-ng-memory-long"}
    assert ("commissioning", "maas-lshw") in pending, "MAAS's own always run"
    maas.abort(system_id)


@pytest.mark.parametrize(
    "options", [CommissionOptions(skip_tests=True), CommissionOptions(testing_scripts=("none",))], ids=["short", "long"]
)
def test_without_tests_none_is_pending(target: Target, maas: MaasClient, options: CommissionOptions) -> None:
    system_id = target.new_machine()
    maas.commission(system_id, options)
    assert {result.kind for result in maas.script_results(system_id)} == {"commissioning"}
    maas.abort(system_id)


def test_scripts_that_the_region_does_not_have_are_refused_field_by_field(target: Target, maas: MaasClient) -> None:
    system_id = target.new_machine()
    with pytest.raises(Invalid) as refusal:
        maas.commission(system_id, CommissionOptions(testing_scripts=("nosuch",), commissioning_scripts=("neither",)))
    said = {problem.pointer: problem.message for problem in refusal.value.problems}
    assert said.keys() == {"/testing_scripts", "/commissioning_scripts"}
    assert said["/testing_scripts"] == "Select a valid choice. nosuch is not one of the available choices."
    with pytest.raises(Invalid, match="none is not one of the available choices"):
        maas.test(system_id, ScriptOptions(testing_scripts=("none",)))
    with pytest.raises(Invalid, match="sdz is not one of the available choices"):
        maas.test(system_id, ScriptOptions(script_parameters={"storage": "sdz"}))
    assert maas.machine(system_id).status is S.NEW, "nothing was begun"


def test_a_test_that_destroys_is_refused_where_a_system_is(target: Target, maas: MaasClient) -> None:
    system_id = target.new_machine(deployed="true")
    with pytest.raises(Invalid, match="Destructive tests may only be run on undeployed machines"):
        maas.test(system_id, ScriptOptions(testing_scripts=("fio",)))


def test_the_chosen_tests_run_and_the_machine_stays_on_for_whoever_logs_in(lab: Lab) -> None:
    system_id = lab.ready()
    lab.maas.test(system_id, ScriptOptions(enable_ssh=True, testing_scripts=("ntp", "cpu")))
    assert set(lab.region.pending_scripts(system_id)) == {"ntp", "7z", "stress-ng-cpu-long", "stress-ng-cpu-short"}
    eventually(lambda: lab.region.snapshot(system_id).power_state == "on", "power on for the tests")
    lab.power.pressed.clear()
    lab.run_scripts(system_id)
    lab.until(system_id, S.READY)
    again = lab.ready("another")  # its power is switched after whatever the first one's would have been
    assert ("off", again) in lab.power.pressed and ("off", system_id) not in lab.power.pressed


def test_what_is_skipped_stays_as_it_was(lab: Lab) -> None:
    system_id = lab.ready()
    lab.maas.set_storage_layout(system_id, "lvm")
    links = lab.maas.interfaces(system_id)
    lab.maas.commission(system_id, CommissionOptions(skip_tests=True, skip_storage=True, skip_networking=True))
    lab.run_scripts(system_id)
    lab.region.finish_commissioning(system_id, HARDWARE)
    assert lab.region.snapshot(system_id).storage_layout == "lvm"
    assert lab.maas.interfaces(system_id) == links


@pytest.mark.parametrize("mode", [Erase.QUICK, Erase.SECURE, Erase.FULL])
def test_a_release_erases_as_it_was_asked_to(lab: Lab, mode: Erase) -> None:
    system_id = lab.deployed()
    assert lab.maas.release(system_id, ReleaseOptions(mode)).status is S.DISK_ERASING
    assert lab.region.snapshot(system_id).erasing == mode.value
    lab.region.finish_erasing(system_id)
    lab.until(system_id, S.READY)
    assert lab.region.snapshot(system_id).erasing == ""
