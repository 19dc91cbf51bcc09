"""A machine's whole life through the client, and the events it leaves: what Gough decides by."""

import threading
from collections import Counter

import pytest

from gough.domain.errors import Conflict, Unavailable
from gough.domain.machine_options import Erase, ReleaseOptions
from gough.domain.machine_status import MachineStatus
from gough.lab.maas import BootTarget

from .harness import HARDWARE, NO_BMC, Lab, eventually, newest_id

S = MachineStatus
DEPLOYMENT = [
    ("DEBUG", "User acquiring node", "(admin)"),
    ("DEBUG", "Node changed status", "From 'Ready' to 'Allocated' (to admin)"),
    ("DEBUG", "User starting deployment", "(admin)"),
    ("DEBUG", "Node changed status", "From 'Allocated' to 'Deploying'"),
    ("INFO", "Deploying", ""),
    ("INFO", "Performing PXE boot", ""),
    ("INFO", "Loading ephemeral", ""),
    ("INFO", "Configuring storage", ""),
    ("INFO", "Installing OS", ""),
    ("INFO", "Configuring OS", ""),
    ("INFO", "Rebooting", ""),
    ("INFO", "Performing PXE boot", ""),
    ("INFO", "Image Deployed", "deployed ubuntu/noble/amd64/generic"),
    ("DEBUG", "Node changed status", "From 'Deploying' to 'Deployed'"),
    ("INFO", "Deployed", ""),
]
REPORTING = {"Node installation", "PXE Request"}  # the machine's own chatter between the lines above


def test_commissioning_leads_through_tests_to_ready(lab: Lab) -> None:
    system_id = lab.enlisted()
    assert lab.maas.commission(system_id).status is S.COMMISSIONING
    lab.region.pxe_boot(system_id)
    lab.region.user_data(system_id)
    lab.run_scripts(system_id)
    assert lab.region.finish_commissioning(system_id, HARDWARE) is S.TESTING
    lab.run_scripts(system_id)
    assert lab.maas.machine(system_id).status is S.READY
    steps = [kind for level, kind, _ in lab.log(system_id) if level == "INFO"]
    assert steps == [
        "Commissioning",
        "Performing PXE boot",
        "Loading ephemeral",
        "Gathering information",
        "Testing",
        "Running test",
        "Ready",
    ]


def test_a_failed_script_fails_commissioning(lab: Lab) -> None:
    system_id = lab.enlisted()
    lab.maas.commission(system_id)
    lab.run_scripts(system_id, exit_status=1)
    assert lab.region.finish_commissioning(system_id, HARDWARE) is S.FAILED_COMMISSIONING
    assert ("INFO", "Script", "maas-lshw failed") in lab.log(system_id)
    assert lab.maas.machine(system_id).status_message == "Failed commissioning"


def test_a_failed_test_fails_testing(lab: Lab) -> None:
    system_id = lab.deployed()
    assert lab.maas.test(system_id).status is S.TESTING
    lab.run_scripts(system_id, exit_status=1)
    assert lab.maas.machine(system_id).status is S.FAILED_TESTING


def test_passed_tests_lead_back_to_deployed(lab: Lab) -> None:
    system_id = lab.deployed()
    lab.maas.test(system_id)
    lab.run_scripts(system_id)
    assert lab.maas.machine(system_id).status is S.DEPLOYED


def test_a_deployment_leaves_maas_events_in_maas_order(lab: Lab) -> None:
    system_id = lab.ready()
    before = newest_id(lab.maas)
    lab.maas.deploy(system_id, series="noble", user_data=b"#cloud-config\n")
    lab.install(system_id)
    assert lab.region.pxe_boot(system_id) is BootTarget.LOCAL_DISK
    lab.region.user_data(system_id)
    assert [line for line in lab.log(system_id, before) if line[1] not in REPORTING] == DEPLOYMENT


def test_a_deployed_machine_says_what_runs_on_it(lab: Lab) -> None:
    machine = lab.maas.machine(lab.deployed())
    assert (machine.status, machine.osystem, machine.distro_series) == (S.DEPLOYED, "ubuntu", "noble")
    assert (machine.power_state, machine.owner) == ("on", "admin")


def test_owner_data_and_agent_name_stay_through_a_deployment_and_end_with_release(lab: Lab) -> None:
    system_id = lab.ready()
    lab.maas.allocate(system_id, agent_name="gough:1", comment="for the web")
    lab.maas.set_owner_data(system_id, {"gough-deployment": "17"})
    lab.maas.deploy(system_id, series="noble", user_data=b"")
    lab.install(system_id)
    lab.region.user_data(system_id)
    assert lab.maas.machine(system_id).owner_data == {"gough-deployment": "17"}
    assert lab.maas.is_allocated_as(system_id, "gough:1")
    assert not lab.maas.is_allocated_as(system_id, "gough:2")
    lab.maas.release(system_id)
    lab.until(system_id, S.READY)
    assert lab.maas.machine(system_id).owner_data == {}
    assert not lab.maas.is_allocated_as(system_id, "gough:1")


def test_an_empty_owner_data_value_removes_the_key(lab: Lab) -> None:
    system_id = lab.deployed()
    lab.maas.set_owner_data(system_id, {"role": "web", "env": "prod"})
    assert lab.maas.set_owner_data(system_id, {"env": ""}).owner_data == {"role": "web"}


def test_release_powers_off_and_says_so_in_the_log(lab: Lab) -> None:
    system_id = lab.deployed()
    before = newest_id(lab.maas)
    assert lab.maas.release(system_id, comment="bye").status is S.RELEASING
    lab.until(system_id, S.READY)
    assert lab.maas.machine(system_id).power_state == "off"
    assert lab.log(system_id, before) == [
        ("DEBUG", "User releasing node", "(admin) - bye"),
        ("DEBUG", "Node changed status", "From 'Deployed' to 'Releasing'"),
        ("INFO", "Releasing", ""),
        ("DEBUG", "Node changed status", "From 'Releasing' to 'Ready'"),
        ("INFO", "Released", ""),
    ]


def test_releasing_a_ready_machine_changes_nothing(lab: Lab) -> None:
    system_id = lab.ready()
    before = newest_id(lab.maas)
    assert lab.maas.release(system_id).status is S.READY
    assert lab.log(system_id, before) == []


def test_release_with_erase_waits_for_the_disks(lab: Lab) -> None:
    system_id = lab.deployed()
    assert lab.maas.release(system_id, ReleaseOptions(Erase.FULL)).status is S.DISK_ERASING
    assert lab.region.pxe_boot(system_id) is BootTarget.ERASING
    lab.region.finish_erasing(system_id)
    lab.until(system_id, S.READY)


def test_of_many_who_allocate_a_machine_exactly_one_gets_it(lab: Lab) -> None:
    system_id = lab.ready()
    outcomes: Counter[str] = Counter()
    start = threading.Barrier(8)

    def grab(name: str) -> None:
        client = lab.target.client()
        start.wait()
        try:
            client.allocate(system_id, agent_name=name)
        except Conflict:
            outcomes["conflict"] += 1
        else:
            outcomes[name] += 1

    threads = [threading.Thread(target=grab, args=(f"agent-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes["conflict"] == 7
    winner = next(name for name in outcomes if name != "conflict")
    assert lab.maas.is_allocated_as(system_id, winner)
    assert lab.region.calls["allocate", system_id] == 1


def test_a_machine_is_deployed_once_however_often_it_is_asked(lab: Lab) -> None:
    system_id = lab.deploying()
    for _ in range(3):
        with pytest.raises(Conflict, match="in the 'Deploying' state"):
            lab.maas.deploy(system_id, series="noble", user_data=b"")
    assert lab.region.calls["deploy", system_id] == 1


def test_a_bmc_that_fails_during_deploy_reverts_to_allocated(lab: Lab) -> None:
    system_id = lab.ready()
    lab.maas.allocate(system_id, agent_name="x")
    lab.power.broken.add(system_id)
    before = newest_id(lab.maas)
    assert lab.maas.deploy(system_id, series="noble", user_data=b"").status is S.DEPLOYING
    lab.until(system_id, S.ALLOCATED)
    warnings = [text for level, _, text in lab.log(system_id, before) if level == "WARNING"]
    assert NO_BMC in warnings[0]
    assert "Aborting DEPLOYING and reverting to ALLOCATED" in warnings[1]
    assert lab.maas.machine(system_id).power_state == "off"


def test_a_bmc_that_fails_during_commissioning_reverts_to_new(lab: Lab) -> None:
    system_id = lab.enlisted()
    lab.power.broken.add(system_id)
    with pytest.raises(Unavailable, match=NO_BMC):
        lab.maas.commission(system_id)
    assert lab.maas.machine(system_id).status is S.NEW
    trouble = "(admin) - Aborting COMMISSIONING and reverting to NEW. Unable to power control the node."
    assert [(level, kind) for level, kind, _ in lab.log(system_id)] == [
        ("DEBUG", "User starting node commissioning"),
        ("INFO", "Commissioning"),
        ("DEBUG", "Node changed status"),
        ("WARNING", "Failed to query node's BMC"),
        ("WARNING", "Failed to query node's BMC"),
        ("DEBUG", "Node changed status"),
    ]
    assert lab.log(system_id)[4][2].startswith(trouble)


def test_a_failing_installer_fails_the_deployment(lab: Lab) -> None:
    system_id = lab.deploying()
    lab.curtin(system_id, "cmd-install/stage-extract", "start")
    lab.curtin(system_id, "cmd-install/stage-extract", "finish", "FAIL")
    assert lab.maas.machine(system_id).status is S.DEPLOYING, "a stage inside is not the whole"
    lab.curtin(system_id, "cmd-install", "finish", "FAIL")
    machine = lab.maas.machine(system_id)
    assert machine.status is S.FAILED_DEPLOYMENT
    why = "Installation failed (refer to the installation log for more information)."
    assert ("ERROR", "Marking node failed", why) in lab.log(system_id)
    assert machine.status_message == f"Marking node failed - {why}"
    log = lab.maas.script_results(system_id)[-1]
    assert (log.name, log.kind, log.status) == ("/tmp/install.log", "installation", "Failed")


def test_a_failing_first_boot_is_an_error_but_stays_deployed(lab: Lab) -> None:
    system_id = lab.deployed()
    final = {"name": "modules-final", "description": "running modules for final"}
    lab.region.signal(system_id, origin="cloudinit", event_type="finish", result="FAIL", **final)
    error = ("ERROR", "Node post-installation failure", "'cloudinit' running modules for final")
    assert lab.log(system_id)[-1] == error
    assert lab.maas.machine(system_id).status is S.DEPLOYED


def test_aborting_a_deployment_gives_the_machine_back_allocated(lab: Lab) -> None:
    system_id = lab.deploying()
    before = newest_id(lab.maas)
    assert lab.maas.abort(system_id, comment="changed my mind").status is S.DEPLOYING
    lab.until(system_id, S.ALLOCATED)
    assert lab.log(system_id, before) == [
        ("DEBUG", "User aborting deployment", "(admin) - changed my mind"),
        ("INFO", "Aborted deployment", ""),
        ("DEBUG", "Node changed status", "From 'Deploying' to 'Allocated'"),
    ]


def test_aborting_commissioning_leads_back_to_where_it_came_from(lab: Lab) -> None:
    system_id = lab.enlisted()
    lab.maas.commission(system_id)
    lab.maas.abort(system_id)
    lab.until(system_id, S.NEW)


def test_power_is_switched_on_and_off(lab: Lab) -> None:
    system_id = lab.deployed()
    lab.maas.power_off(system_id)
    assert lab.maas.machine(system_id).power_state == "off"
    lab.maas.power_on(system_id)
    assert lab.maas.machine(system_id).power_state == "on"


def test_a_broken_machine_is_let_go_and_can_be_fixed(lab: Lab) -> None:
    system_id = lab.deployed()
    assert lab.target.http("POST", f"machines/{system_id}/?op=mark_broken").json()["status_name"] == "Broken"
    assert lab.target.http("POST", f"machines/{system_id}/?op=mark_broken").status_code == 403
    assert lab.target.http("POST", f"machines/{system_id}/?op=mark_fixed").json()["status_name"] == "Deployed"


def test_a_slow_bmc_keeps_nobody_else_waiting(lab: Lab) -> None:
    slow, quick = lab.ready("slow"), lab.ready("quick")
    lab.power.pressed.clear()
    lab.power.held["on", slow] = threading.Event()
    for system_id in (slow, quick):
        lab.maas.deploy(system_id, series="noble", user_data=b"")
    eventually(lambda: ("on", quick) in lab.power.pressed, "the quick one is on")
    assert ("on", slow) not in lab.power.pressed
    lab.power.held["on", slow].set()
    eventually(lambda: ("on", slow) in lab.power.pressed, "the slow one is on")


def test_an_abort_does_not_overtake_the_power_on_before_it(lab: Lab) -> None:
    system_id, other = lab.ready(), lab.ready("other")
    lab.power.pressed.clear()
    lab.power.held["on", system_id] = threading.Event()
    lab.maas.deploy(system_id, series="noble", user_data=b"")
    eventually(lambda: lab.region.snapshot(system_id).power_state == "on", "the BMC is being asked")
    lab.maas.abort(system_id)
    lab.maas.deploy(other, series="noble", user_data=b"")
    eventually(lambda: ("on", other) in lab.power.pressed, "what was asked later is done")
    assert ("off", system_id) not in lab.power.pressed
    lab.power.held["on", system_id].set()
    lab.until(system_id, S.ALLOCATED)
    assert lab.power.pressed[-1] == ("off", system_id)
    assert lab.maas.machine(system_id).power_state == "off"
