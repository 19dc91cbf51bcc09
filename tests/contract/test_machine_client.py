"""What the client does with machines that need no hardware: the same on the emulator and on a real region."""

import secrets

import pytest
import yaml

from gough.adapters.maas import MaasClient
from gough.domain.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from gough.domain.machine_status import MachineStatus

from .harness import Lab, Target

S = MachineStatus


def in_service(target: Target) -> str:
    """A machine that MAAS takes for deployed without having deployed it: the only way there without hardware."""
    return target.new_machine(deployed="true")


def test_a_machine_is_created_changed_and_deleted(target: Target, maas: MaasClient) -> None:
    tail = secrets.token_hex(3)
    made = maas.create_machine(
        architecture="amd64/generic",
        mac_addresses=[f"52:54:02:{tail[:2]}:{tail[2:4]}:{tail[4:]}", f"52:54:03:{tail[:2]}:{tail[2:4]}:{tail[4:]}"],
        fields={"hostname": f"gough-contract-{tail}", "description": "made by a test"},
    )
    target.created.append(made.system_id)
    assert (made.status, made.power_type, made.description) == (S.NEW, "manual", "made by a test")
    assert len(made.mac_addresses) == 2
    changed = maas.update(made.system_id, {"hostname": f"gough-contract-{tail}x", "description": "", "domain": ""})
    assert (changed.hostname, changed.description) == (f"gough-contract-{tail}x", "")
    assert maas.machine(made.system_id) == changed
    maas.delete_machine(made.system_id)
    with pytest.raises(NotFound):
        maas.machine(made.system_id)


def test_every_wrong_field_of_a_change_is_named_and_nothing_changes(target: Target, maas: MaasClient) -> None:
    system_id = target.new_machine()
    before = maas.machine(system_id)
    with pytest.raises(Invalid) as refusal:
        maas.update(system_id, {"hostname": "-bad-", "zone": "gough-nosuch", "description": "lost"})
    assert {problem.pointer for problem in refusal.value.problems} == {"/hostname", "/zone"}
    assert maas.machine(system_id) == before


def test_power_settings_can_be_changed(target: Target, maas: MaasClient) -> None:
    system_id = target.new_machine()
    address = {"power_parameters_power_address": "192.0.2.9"}
    assert maas.update(system_id, {"power_type": "ipmi"} | address).power_type == "ipmi"
    with pytest.raises(Invalid, match="power_type"):
        maas.update(system_id, {"power_type": "nosuch"})


def test_machines_are_found_by_mac_hostname_and_status(target: Target, maas: MaasClient) -> None:
    new, deployed = maas.machine(target.new_machine()), maas.machine(in_service(target))
    hostnames = [new.hostname, deployed.hostname]
    assert {found.system_id for found in maas.find({"hostname": hostnames})} == {new.system_id, deployed.system_id}
    assert maas.find({"hostname": hostnames, "status": [S.DEPLOYED.filter_name]}) == [deployed]
    assert maas.find({"mac_address": list(new.mac_addresses)}) == [new]
    assert maas.find({"hostname": hostnames, "owner": ["gough-nobody"]}) == []


@pytest.mark.parametrize("filters", [{"foo": ["bar"]}, {"status": ["4"]}, {"zone": ["gough-nosuch"]}, {"op": ["x"]}])
def test_an_unknown_filter_is_invalid(maas: MaasClient, filters: dict[str, list[str]]) -> None:
    with pytest.raises(Invalid):
        maas.find(filters)


def test_what_is_in_service_can_be_locked_and_then_nothing_else(target: Target, maas: MaasClient) -> None:
    system_id = in_service(target)
    assert maas.lock(system_id, comment="hands off").locked
    with pytest.raises(Conflict, match="already locked"):
        maas.lock(system_id)
    for act in (
        lambda: maas.update(system_id, {"description": "x"}),
        lambda: maas.release(system_id),
        lambda: maas.delete_machine(system_id),
        lambda: maas.mark_broken(system_id),
    ):
        with pytest.raises(Refused):
            act()
    assert not maas.unlock(system_id).locked
    with pytest.raises(Conflict, match="not locked"):
        maas.unlock(system_id)


def test_broken_and_fixed(target: Target, maas: MaasClient) -> None:
    system_id = in_service(target)
    assert maas.mark_broken(system_id, comment="fan").status is S.BROKEN
    with pytest.raises(Refused):
        maas.mark_broken(system_id)
    assert maas.mark_fixed(system_id).status is S.DEPLOYED
    with pytest.raises(Conflict, match="non-broken"):
        maas.mark_fixed(system_id)


def test_released_allocated_and_annotated(target: Target, maas: MaasClient) -> None:
    system_id = in_service(target)
    assert maas.release(system_id).status is S.READY
    assert maas.allocate(system_id, agent_name="gough-contract").owner == maas.whoami()
    assert maas.set_owner_data(system_id, {"a": "1", "b": "2"}).owner_data == {"a": "1", "b": "2"}
    assert maas.remove_owner_data(system_id, ["a", "never-there"]).owner_data == {"b": "2"}
    with pytest.raises(Invalid, match="Node must be configured to use a network"):
        maas.deploy(system_id, series="", user_data=b"")
    assert maas.machine(system_id).status is S.ALLOCATED, "nothing was begun"


def test_many_are_released_together_or_not_at_all(target: Target, maas: MaasClient) -> None:
    first, second, new = in_service(target), in_service(target), target.new_machine()
    with pytest.raises(Conflict, match=rf"{new} \('New'\)"):
        maas.release_all([first, new])
    with pytest.raises(Invalid, match=r"Unknown machine\(s\): zzzzzz"):
        maas.release_all([first, "zzzzzz"])
    assert maas.machine(first).status is S.DEPLOYED
    assert maas.release_all([first, second], comment="done") == {first, second}
    assert {machine.status for machine in maas.machines([first, second])} == {S.READY}


def test_a_new_machine_has_interfaces_without_links_and_no_details(target: Target, maas: MaasClient) -> None:
    system_id = target.new_machine()
    (nic,) = maas.interfaces(system_id)
    assert (nic.type, nic.links) == ("physical", ())
    assert nic.mac_address == maas.machine(system_id).mac_addresses[0]
    assert set(maas.details(system_id)) == {"lshw", "lldp"}
    with pytest.raises(Invalid, match="is not in a deployment state"):
        maas.curtin_config(system_id)


def test_no_layout_without_a_disk(target: Target, maas: MaasClient) -> None:
    system_id = in_service(target)
    with pytest.raises(Conflict, match="not Ready"):
        maas.set_storage_layout(system_id, "flat")
    maas.release(system_id)
    with pytest.raises(Invalid, match="should be one of: 'custom', 'vmfs6', 'vmfs7', 'flat'"):
        maas.set_storage_layout(system_id, "nosuch")


def test_manual_power_is_unknown(target: Target, maas: MaasClient) -> None:
    assert maas.power_state(target.new_machine()) == "unknown"


def test_results_are_read_by_id_and_by_kind_with_their_output(lab: Lab) -> None:
    system_id = lab.deployed()
    shown = lab.target.http("GET", f"machines/{system_id}/").json()
    by_id = lab.maas.script_set(system_id, shown["current_installation_result_id"], include_output=True)
    assert by_id == lab.maas.script_set(system_id, "current-installation", include_output=True)
    (log,) = by_id
    assert (log.name, log.kind, log.status) == ("/tmp/install.log", "installation", "Passed")
    assert "finish: cmd-install/stage-extract: SUCCESS" in log.output
    with pytest.raises(NotFound, match="No ScriptSet"):
        lab.maas.script_set(system_id, 999_999)


def test_details_are_what_commissioning_wrote(lab: Lab) -> None:
    assert lab.maas.details(lab.ready()) == {
        "lshw": b"output of maas-lshw",
        "lldp": b"output of maas-capture-lldpd",
    }


def test_details_that_are_no_bson_are_unavailable(lab: Lab) -> None:
    lab.region.intercept = lambda method, path, op: (200, "not BSON") if op == "details" else None
    with pytest.raises(Unavailable, match="not readable as BSON"):
        lab.maas.details(lab.enlisted())


def test_the_installers_configuration_is_yaml(lab: Lab) -> None:
    system_id = lab.deploying()
    config = yaml.safe_load(lab.maas.curtin_config(system_id))
    assert config["install"]["log_file"] == "/tmp/install.log"
    assert [part["type"] for part in config["storage"]["config"]] == ["disk", "partition", "partition"]
