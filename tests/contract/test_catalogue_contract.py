"""Tags, pools, zones, networks, settings and keys of any region, made and removed again through the client."""

import base64
import secrets
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from gough.adapters.maas import MaasClient
from gough.adapters.maas.catalogue.fabrics import Fabric
from gough.adapters.maas.catalogue.subnets import Subnet
from gough.domain.errors import Invalid, NotFound

from .harness import Target


@pytest.fixture
def undo(target: Target) -> Iterator[ExitStack]:
    """What is registered here is undone, last first, however the test ends, and before the machines are deleted."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def fabric(maas: MaasClient, undo: ExitStack) -> Fabric:
    made = maas.fabrics.create(a_name())
    undo.callback(maas.fabrics.delete, made.id)
    return made


@pytest.fixture
def subnet(maas: MaasClient, fabric: Fabric, undo: ExitStack) -> Subnet:
    """In the network that is set aside for measurements (RFC 2544), so no region has it."""
    octet = secrets.randbelow(256)
    made = maas.subnets.create(f"198.18.{octet}.0/24", vlan=fabric.vlans[0].id, gateway_ip=f"198.18.{octet}.1")
    undo.callback(maas.subnets.delete, made.id)
    return made


def a_name() -> str:
    return f"gough-contract-{secrets.token_hex(3)}"


def test_a_tag_is_made_given_to_machines_and_deleted_from_them(
    target: Target, maas: MaasClient, undo: ExitStack
) -> None:
    name, first, second = a_name(), target.new_machine(), target.new_machine()
    undo.callback(_forget_tag, maas, name)
    assert maas.tags.create(name, comment="for a test").comment == "for a test"
    assert name in {tag.name for tag in maas.tags.list()}
    assert maas.tags.update_nodes(name, add=[first, second]).added == 2
    assert maas.tags.update_nodes(name, remove=[second]).removed == 1
    assert name in maas.machine(first).tags
    assert name not in maas.machine(second).tags
    assert maas.tags.update(name, comment="changed") == maas.tags.get(name)
    maas.tags.delete(name)
    assert name not in maas.machine(first).tags
    with pytest.raises(NotFound, match="No Tag matches"):
        maas.tags.get(name)


def test_set_tags_makes_the_tags_that_do_not_exist_yet(target: Target, maas: MaasClient, undo: ExitStack) -> None:
    system_id, kept, dropped = target.new_machine(), a_name(), a_name()
    for name in (kept, dropped):
        undo.callback(_forget_tag, maas, name)
    maas.set_tags(system_id, add=[kept, dropped])
    maas.set_tags(system_id, add=[kept], remove=[dropped, a_name()])
    tags = maas.machine(system_id).tags
    assert kept in tags
    assert dropped not in tags


def test_set_tags_refuses_what_is_no_tag_and_what_is_no_machine(
    target: Target, maas: MaasClient, undo: ExitStack
) -> None:
    name = a_name()
    undo.callback(_forget_tag, maas, name)
    with pytest.raises(NotFound, match="no machine zzzzzz"):
        maas.set_tags("zzzzzz", add=[name])
    with pytest.raises(NotFound, match="no machine zzzzzz"):
        maas.set_tags("zzzzzz", remove=[name])
    with pytest.raises(Invalid, match="name: Enter a valid value"):
        maas.set_tags(target.new_machine(), add=["no tag!"])


def _forget_tag(maas: MaasClient, name: str) -> None:
    if any(tag.name == name for tag in maas.tags.list()):
        maas.tags.delete(name)


def test_a_pool_is_made_changed_and_kept_while_machines_are_in_it(
    target: Target, maas: MaasClient, undo: ExitStack
) -> None:
    pool = maas.pools.create(a_name(), description="for a test")
    undo.callback(maas.pools.delete, pool.id)
    assert pool.name in maas.pools()
    assert maas.pools.update(pool.id, description="changed").description == "changed"
    assert maas.pools.get(pool.id).name == pool.name
    with pytest.raises(Invalid) as refusal:
        maas.pools.create(pool.name)
    assert [problem.pointer for problem in refusal.value.problems] == ["/name"]
    system_id = target.new_machine(pool=pool.name)
    undo.callback(target.http, "PUT", f"machines/{system_id}/", data={"pool": "default"})
    assert maas.machine(system_id).pool == pool.name
    with pytest.raises(Invalid, match="has machines"):
        maas.pools.delete(pool.id)


def test_a_zone_is_made_and_its_machines_fall_back_to_the_default_one(
    target: Target, maas: MaasClient, undo: ExitStack
) -> None:
    zone = maas.zones.create(a_name(), description="for a test")
    undo.callback(lambda: maas.zones.delete(zone.name) if zone.name in maas.zones() else None)
    assert maas.zones.get(zone.name) == zone
    assert maas.zones.update(zone.name, description="changed").description == "changed"
    system_id = target.new_machine(zone=zone.name)
    maas.zones.delete(zone.name)
    assert maas.machine(system_id).zone == "default"
    assert zone.name not in maas.zones()


def test_a_new_fabric_has_an_untagged_vlan_that_stays(maas: MaasClient, fabric: Fabric) -> None:
    assert [(vlan.vid, vlan.name, vlan.fabric_id) for vlan in fabric.vlans] == [(0, "untagged", fabric.id)]
    assert maas.fabrics.get(fabric.id).name == fabric.name
    with pytest.raises(Invalid, match="default VLAN"):
        maas.vlans(fabric.id).delete(0)


def test_a_vlan_is_made_once_and_changed(maas: MaasClient, fabric: Fabric) -> None:
    vlans = maas.vlans(fabric.id)
    made = vlans.create(100, name="storage")
    assert (made.vid, made.name, made.dhcp_on, made.primary_rack) == (100, "storage", False, "")
    with pytest.raises(Invalid, match="already exists"):
        vlans.create(100)
    changed = vlans.update(100, mtu=9000)
    assert (changed.mtu, changed.name) == (9000, "storage")
    with pytest.raises(Invalid, match="dhcp can only be turned on when"):
        vlans.update(100, dhcp_on=True)
    vlans.delete(100)
    assert [vlan.vid for vlan in vlans.list()] == [0]


def test_a_change_of_a_subnet_leaves_the_rest_of_it_alone(maas: MaasClient, fabric: Fabric, subnet: Subnet) -> None:
    servers = (subnet.cidr.replace("0/24", "2"), subnet.cidr.replace("0/24", "3"))
    assert maas.subnets.update(subnet.id, managed=False, dns_servers=servers).dns_servers == servers
    changed = maas.subnets.update(subnet.id, description="changed")
    assert changed == maas.subnets.get(subnet.id)
    assert (changed.dns_servers, changed.managed, changed.gateway_ip) == (servers, False, subnet.gateway_ip)
    [seen] = [found for found in maas.subnets() if found.id == subnet.id]
    assert (seen.cidr, seen.vlan, seen.fabric, seen.managed) == (subnet.cidr, 0, fabric.name, False)


def test_a_fabric_with_a_subnet_stays(maas: MaasClient, fabric: Fabric, subnet: Subnet) -> None:
    with pytest.raises(Invalid, match=f"still present: {subnet.cidr}"):
        maas.fabrics.delete(fabric.id)


def test_a_range_takes_its_addresses_out_of_the_free_ones(maas: MaasClient, subnet: Subnet, undo: ExitStack) -> None:
    net = subnet.cidr.removesuffix("0/24")
    before = maas.subnets.statistics(subnet.id)
    assert (before.total_addresses, before.first_address, before.ip_version) == (254, f"{net}1", 4)
    made = maas.ip_ranges.create("dynamic", f"{net}100", f"{net}149", subnet=subnet.id, comment="for a test")
    undo.callback(maas.ip_ranges.delete, made.id)
    assert (made.subnet.id, made.comment) == (subnet.id, "for a test")
    assert maas.subnets.statistics(subnet.id).num_available == before.num_available - 50
    assert made.id in {found.id for found in maas.ip_ranges.list()}
    [reserved] = [one for one in maas.subnets.reserved_ip_ranges(subnet.id) if one.start == f"{net}100"]
    assert (reserved.end, reserved.num_addresses) == (f"{net}149", 50)
    assert "dynamic" in reserved.purpose
    free = maas.subnets.unreserved_ip_ranges(subnet.id)
    assert {one.end for one in free} >= {f"{net}99", f"{net}254"}
    with pytest.raises(Invalid) as refusal:
        maas.ip_ranges.create("dynamic", f"{net}140", f"{net}160", subnet=subnet.id)
    assert {problem.pointer for problem in refusal.value.problems} == {"/start_ip", "/end_ip"}
    assert maas.ip_ranges.update(made.id, end_ip=f"{net}109").end_ip == f"{net}109"


def test_a_setting_can_be_set_to_what_it_is(maas: MaasClient) -> None:
    name = maas.configuration.get("maas_name")
    assert isinstance(name, str)
    maas.configuration.set("maas_name", name)
    assert maas.configuration.get("maas_name") == name
    assert maas.configuration.get("curtin_verbose") in {True, False}


def test_a_setting_maas_does_not_know_is_refused_by_its_name(maas: MaasClient) -> None:
    for ask in (maas.configuration.get, lambda name: maas.configuration.set(name, "1")):
        with pytest.raises(Invalid, match="gough-nosuch is not a valid config setting"):
            ask("gough-nosuch")


def test_an_ssh_key_is_taken_once(maas: MaasClient, undo: ExitStack) -> None:
    body = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + secrets.token_bytes(32)
    key = f"ssh-ed25519 {base64.b64encode(body).decode()} {a_name()}"
    made = maas.ssh_keys.create(key)
    undo.callback(maas.ssh_keys.delete, made.id)
    assert made in maas.ssh_keys.list()
    assert (made.key, made.keysource) == (key, "")
    with pytest.raises(Invalid, match="already been added"):
        maas.ssh_keys.create(key)
    with pytest.raises(Invalid, match="Invalid SSH public key"):
        maas.ssh_keys.create("ssh-rsa nonsense")


def test_there_is_one_default_domain_and_images_have_kernels(maas: MaasClient) -> None:
    [default] = [domain for domain in maas.domains.list() if domain.is_default]
    assert maas.domains.get(default.id).name == default.name
    assert all("/" in image.name and "/" not in image.architecture for image in maas.images())
    assert all(image.kernels for image in maas.images() if image.name.startswith("ubuntu/"))


def test_every_rack_controller_says_which_images_it_has(maas: MaasClient) -> None:
    for rack in maas.rack_controllers.list():
        assert rack.service_set
        assert maas.rack_controllers.list_boot_images(rack.system_id).status


@pytest.mark.parametrize("name", ["..", "../users", "a/b", "", "a b", "?op=x"])
def test_a_name_that_would_change_the_path_is_not_sent(maas: MaasClient, name: str) -> None:
    for ask in (maas.tags.get, maas.tags.delete, maas.zones.get, maas.zones.delete, maas.vlans):
        with pytest.raises(NotFound, match="can be called"):
            ask(name)
