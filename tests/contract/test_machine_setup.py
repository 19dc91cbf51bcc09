"""Disks, networks, kernels and images: what a machine is given before it is deployed, and what deploying asks for."""

import pytest

from gough.adapters.maas import MaasClient
from gough.domain.errors import Conflict, Invalid, NotFound
from gough.domain.machine_status import MachineStatus
from gough.ports import Link

from .harness import Lab, Target

S = MachineStatus
SUBNET = 1


def a_subnet(target: Target) -> tuple[int, str]:
    """Some subnet of the region with its CIDR; a real one may have none."""
    found = target.http("GET", "subnets/").json()
    if not found:
        pytest.skip("the region has no subnet")
    return found[0]["id"], found[0]["cidr"]


def links(maas: MaasClient, system_id: str) -> tuple[Link, ...]:
    return maas.interfaces(system_id)[0].links


def test_a_new_link_takes_the_place_of_the_old_ones(target: Target, maas: MaasClient) -> None:
    system_id, (subnet, cidr) = target.new_machine(), a_subnet(target)
    interface = maas.interfaces(system_id)[0].id
    for mode in ("auto", "dhcp", "dhcp", "link_up", "auto"):
        maas.link(system_id, interface, subnet=subnet, mode=mode)
        (only,) = links(maas, system_id)
        assert (only.mode, only.subnet) == (mode, cidr)


def test_a_wrong_link_is_invalid_and_changes_nothing(target: Target, maas: MaasClient) -> None:
    system_id, (subnet, _) = target.new_machine(), a_subnet(target)
    interface = maas.interfaces(system_id)[0].id
    maas.link(system_id, interface, subnet=subnet, mode="auto")
    with pytest.raises(Invalid, match="mode"):
        maas.link(system_id, interface, subnet=subnet, mode="nosuch")
    with pytest.raises(Invalid, match="subnet"):
        maas.link(system_id, interface, subnet=999_999_999, mode="auto")
    with pytest.raises(Invalid, match="is not in the given subnet"):
        maas.link(system_id, interface, subnet=subnet, mode="static", ip_address="203.0.113.7")
    with pytest.raises(NotFound):
        maas.link(system_id, 999_999_999, subnet=subnet, mode="auto")
    assert [link.mode for link in links(maas, system_id)] == ["auto"]


def test_a_static_address_is_the_machines_from_then_on(lab: Lab) -> None:
    first, second = lab.ready("first"), lab.ready("second")
    for system_id in (first, second):
        interface = lab.maas.interfaces(system_id)[0].id
        if system_id == first:
            lab.maas.link(system_id, interface, subnet=SUBNET, mode="static", ip_address="10.64.9.9")
        else:
            with pytest.raises(NotFound, match="already in use"):
                lab.maas.link(system_id, interface, subnet=SUBNET, mode="static", ip_address="10.64.9.9")
    assert lab.maas.machine(first).ip_addresses == ("10.64.9.9",)
    lab.maas.deploy(first, series="noble", user_data=b"")
    assert lab.maas.machine(first).ip_addresses == ("10.64.9.9",)


def test_an_automatic_address_comes_with_the_deployment_and_goes_with_the_release(lab: Lab) -> None:
    system_id = lab.ready()
    assert links(lab.maas, system_id)[0].ip_address == ""
    lab.maas.deploy(system_id, series="noble", user_data=b"")
    assert lab.maas.machine(system_id).ip_addresses == (links(lab.maas, system_id)[0].ip_address,) != ("",)
    lab.maas.release(system_id)
    lab.until(system_id, S.READY)
    assert lab.maas.machine(system_id).ip_addresses == ()


def test_what_is_deployed_keeps_its_links_and_disks(lab: Lab) -> None:
    system_id = lab.deployed()
    with pytest.raises(Conflict, match="not New, Ready, Allocated, or Broken"):
        lab.maas.link(system_id, lab.maas.interfaces(system_id)[0].id, subnet=SUBNET, mode="auto")
    with pytest.raises(Conflict, match="not Ready"):
        lab.maas.set_storage_layout(system_id, "lvm")


def test_one_link_of_several_is_taken_away_and_the_rest_disconnected(lab: Lab) -> None:
    system_id = lab.ready()
    path = f"nodes/{system_id}/interfaces/{lab.maas.interfaces(system_id)[0].id}/"
    two = lab.target.http("POST", f"{path}?op=link_subnet", data={"mode": "DHCP", "subnet": "1"}).json()["links"]
    assert [link["mode"] for link in two] == ["auto", "dhcp"]
    again = lab.target.http("POST", f"{path}?op=link_subnet", data={"mode": "DHCP", "subnet": "1", "force": "true"})
    assert again.json() == {"mode": ["Interface is already set to DHCP."]}
    unknown = lab.target.http("POST", f"{path}?op=unlink_subnet", data={"id": "9999"})
    assert unknown.json()["id"][0].startswith("'9999' is not a valid id.  It should be one of: '")
    left = lab.target.http("POST", f"{path}?op=unlink_subnet", data={"id": str(two[0]["id"])}).json()
    assert [link["mode"] for link in left["links"]] == ["dhcp"]
    bare = lab.target.http("POST", f"{path}?op=disconnect").json()
    assert (bare["links"], bare["vlan"]) == ([], None)
    assert lab.target.http("GET", f"machines/{system_id}/").json()["interface_set"] == [bare]


@pytest.mark.parametrize(
    ("layout", "partitions", "volumes"), [("flat", 2, 0), ("lvm", 2, 1), ("blank", 0, 0), ("vmfs6", 3, 0)]
)
def test_a_layout_replaces_the_partitions(lab: Lab, layout: str, partitions: int, volumes: int) -> None:
    system_id = lab.ready()
    lab.maas.set_storage_layout(system_id, "lvm" if layout == "flat" else "flat")
    assert lab.maas.set_storage_layout(system_id, layout).storage_mb == 64000.0
    shown = lab.target.http("GET", f"machines/{system_id}/").json()
    assert len(shown["boot_disk"]["partitions"]) == partitions
    assert len(shown["virtualblockdevice_set"]) == volumes
    assert sum(part["size"] for part in shown["boot_disk"]["partitions"]) < shown["boot_disk"]["size"]


def test_a_layout_that_needs_other_disks_is_invalid(lab: Lab) -> None:
    with pytest.raises(Invalid, match="doesn't have an available cache device"):
        lab.maas.set_storage_layout(lab.ready(), "bcache")


def test_a_kernel_is_installed_as_asked_or_as_the_machine_needs_it(lab: Lab) -> None:
    plain, asked, needing = lab.ready("plain"), lab.ready("asked"), lab.ready("needing")
    lab.maas.update(needing, {"min_hwe_kernel": "hwe-22.04"})
    assert lab.maas.deploy(plain, series="jammy", user_data=b"").hwe_kernel == "ga-22.04"
    assert lab.maas.deploy(asked, series="jammy", user_data=b"", kernel="hwe-22.04").hwe_kernel == "hwe-22.04"
    with pytest.raises(Invalid, match=r"hwe_kernel\(ga-20\.04\) is older than min_hwe_kernel\(hwe-22\.04\)"):
        lab.maas.deploy(needing, series="focal", user_data=b"", kernel="ga-20.04")
    with pytest.raises(Invalid, match="focal has no kernels available which meet min_hwe_kernel"):
        lab.maas.deploy(needing, series="focal", user_data=b"")
    with pytest.raises(Invalid) as refusal:
        lab.maas.deploy(needing, series="jammy", user_data=b"", kernel="hwe-99.99")
    assert [problem.pointer for problem in refusal.value.problems] == ["/hwe_kernel"]


def test_a_refused_deployment_leaves_a_ready_machine_ready(lab: Lab) -> None:
    system_id = lab.ready()
    lab.target.http("POST", f"nodes/{system_id}/interfaces/eth0/?op=disconnect")
    for series, kernel in (("noble", ""), ("nosuch", ""), ("noble", "hwe-99.99")):
        with pytest.raises(Invalid):
            lab.maas.deploy(system_id, series=series, user_data=b"", kernel=kernel)
    machine = lab.maas.machine(system_id)
    assert (machine.status, machine.owner, machine.osystem) == (S.READY, "", "")


def test_without_images_nothing_is_created_commissioned_or_deployed(lab: Lab) -> None:
    ready, new = lab.ready("ready"), lab.enlisted("new")
    lab.region.core.catalogue.boot_resources.clear()
    with pytest.raises(Invalid, match=r"is not a valid architecture\.  It should be one of: ''"):
        lab.maas.create_machine(architecture="amd64/generic", mac_addresses=["52:54:00:00:00:01"])
    with pytest.raises(Invalid, match="Ephemeral operating system ubuntu jammy is unavailable"):
        lab.maas.commission(new)
    with pytest.raises(Invalid) as refusal:
        lab.maas.deploy(ready, series="jammy", user_data=b"")
    assert {problem.pointer for problem in refusal.value.problems} == {"/architecture", "/distro_series"}
