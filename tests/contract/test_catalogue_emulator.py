"""What only a region of one's own can be asked: its start state, its machines' share in the catalogue, its images."""

import pytest

from gough.domain.errors import Invalid, NotFound
from gough.ports import BootImage

from .harness import Lab, signature


def filtered(lab: Lab, query: str) -> set[str]:
    return {machine["system_id"] for machine in lab.target.http("GET", f"machines/?{query}").json()}


def test_what_a_machine_was_enlisted_with_is_in_the_catalogue(lab: Lab) -> None:
    lab.region.enlist(hostname="m", mac_addresses=["52:54:00:00:00:01"], zone="z1", pool="p1", tags=["t1"])
    assert lab.maas.zones() == {"default", "z1"}
    assert lab.maas.pools() == {"default", "p1"}
    assert [tag.name for tag in lab.maas.tags.list()] == ["t1"]
    assert len({pool.id for pool in lab.maas.pools.list()}) == 2


def test_a_new_name_of_a_zone_pool_or_tag_shows_in_machines_and_filters(lab: Lab) -> None:
    system_id = lab.region.enlist(
        hostname="m", mac_addresses=["52:54:00:00:00:01"], zone="z1", pool="p1", tags=["t1", "t2"]
    )
    [pool] = [pool for pool in lab.maas.pools.list() if pool.name == "p1"]
    lab.maas.zones.update("z1", new_name="z9")
    assert lab.maas.pools.update(pool.id, name="p9").id == pool.id
    lab.maas.tags.update("t1", new_name="t9")
    machine = lab.maas.machine(system_id)
    assert (machine.zone, machine.pool, set(machine.tags)) == ("z9", "p9", {"t9", "t2"})
    assert filtered(lab, "zone=z9&pool=p9&tags=t9") == {system_id}
    assert lab.target.http("GET", "machines/?zone=z1").json() == {"zone": ["No such zone(s): z1."]}
    assert lab.target.http("GET", "machines/?tags=t1").json() == {"tags": ["No such tag(s): 't1'."]}


def test_a_tag_without_machines_is_a_filter_that_finds_none(lab: Lab) -> None:
    lab.enlisted()
    lab.maas.tags.create("lonely")
    assert filtered(lab, "tags=lonely") == set()


def test_the_default_zone_and_pool_can_be_neither_deleted_nor_renamed(lab: Lab) -> None:
    for refused in (
        lambda: lab.maas.zones.delete("default"),
        lambda: lab.maas.zones.update("default", new_name="other"),
        lambda: lab.maas.pools.delete(0),
        lambda: lab.maas.pools.update(0, name="other"),
    ):
        with pytest.raises(Invalid, match=r"default (zone|pool), it cannot be"):
            refused()
    assert lab.maas.zones() == lab.maas.pools() == {"default"}


def test_machines_are_on_the_subnet_the_catalogue_has(lab: Lab) -> None:
    machine = lab.target.http("GET", f"machines/{lab.deployed()}/").json()
    [link] = machine["interface_set"][0]["links"]
    [subnet] = lab.target.http("GET", "subnets/").json()
    assert link["subnet"] == subnet
    assert machine["interface_set"][0]["vlan"] == lab.target.http("GET", "fabrics/0/").json()["vlans"][0]


def test_a_machines_address_counts_as_taken_and_keeps_its_subnet(lab: Lab) -> None:
    [subnet] = lab.maas.subnets.list()
    before = lab.maas.subnets.statistics(subnet.id).num_available
    [address] = lab.maas.machine(lab.deployed()).ip_addresses
    assert lab.maas.subnets.statistics(subnet.id).num_available == before - 1
    [taken] = [one for one in lab.maas.subnets.reserved_ip_ranges(subnet.id) if one.start == address]
    assert taken.purpose == ("assigned-ip",)
    with pytest.raises(Invalid, match="conflicts with an existing IP address"):
        lab.maas.ip_ranges.create("dynamic", address, address, subnet=subnet.id)
    with pytest.raises(Invalid, match="actively servicing a dynamic IP range"):
        lab.maas.subnets.delete(subnet.id)
    lab.maas.vlans(0).update(0, dhcp_on=False)
    with pytest.raises(Invalid, match="in use by nodes"):
        lab.maas.subnets.delete(subnet.id)


def test_a_deleted_subnet_leaves_its_machines_interfaces(lab: Lab) -> None:
    system_id, [subnet], [used] = lab.ready(), lab.maas.subnets.list(), lab.maas.ip_ranges.list()
    assert [link.subnet for nic in lab.maas.interfaces(system_id) for link in nic.links] == [subnet.cidr]
    lab.maas.ip_ranges.delete(used.id)
    lab.maas.subnets.delete(subnet.id)
    assert [link for nic in lab.maas.interfaces(system_id) for link in nic.links] == []


def test_a_tag_lists_the_machines_its_reader_may_see(lab: Lab) -> None:
    free, owned = lab.enlisted("free"), lab.ready("owned")
    lab.maas.allocate(owned, agent_name="contract")
    lab.maas.tags.create("both")
    lab.maas.tags.update_nodes("both", add=[free, owned])
    other = signature(lab.region.add_user("other"))
    for auth, seen in (("", {free, owned}), (other, {free})):
        machines = lab.target.http("GET", "tags/both/?op=machines", auth=auth).json()
        assert {machine["system_id"] for machine in machines} == seen


def test_dhcp_needs_a_range_and_a_rack_that_reaches_the_vlan(lab: Lab) -> None:
    untagged, [rack] = lab.maas.vlans(0), lab.maas.rack_controllers.list()
    assert untagged.update(0, dhcp_on=False).dhcp_on is False
    assert untagged.update(0, dhcp_on=True, primary_rack=rack.system_id).dhcp_on is True
    [used] = lab.maas.ip_ranges.list()
    lab.maas.ip_ranges.delete(used.id)
    untagged.update(0, dhcp_on=False)
    with pytest.raises(Invalid, match="when a dynamic IP range is defined"):
        untagged.update(0, dhcp_on=True)


def test_deleting_a_vlan_moves_its_subnets_to_the_untagged_one(lab: Lab) -> None:
    fabric = lab.maas.fabrics.create("other")
    vlan = lab.maas.vlans("other").create(7)
    subnet = lab.maas.subnets.create("10.9.0.0/24", vlan=vlan.id)
    lab.maas.vlans("other").delete(7)
    assert lab.maas.subnets.get(subnet.id).vlan == fabric.vlans[0]


def test_only_what_can_be_deployed_is_an_image(lab: Lab) -> None:
    assert "grub-efi-signed/uefi" in {resource.name for resource in lab.maas.boot_resources.list()}
    assert lab.maas.images() == [
        BootImage("ubuntu/focal", "amd64", ("ga-20.04", "hwe-20.04")),
        BootImage("ubuntu/jammy", "amd64", ("ga-22.04", "hwe-22.04")),
        BootImage("ubuntu/noble", "amd64", ("ga-24.04", "hwe-24.04")),
        BootImage("ubuntu/noble", "arm64", ("ga-24.04", "hwe-24.04")),
    ]
    for resource in lab.maas.boot_resources.list():
        lab.target.http("DELETE", f"boot-resources/{resource.id}/")
    assert lab.maas.images() == []


def test_an_image_says_whether_it_is_complete(lab: Lab) -> None:
    details = lab.maas.boot_resources.get(lab.maas.boot_resources.list(type="synced")[0].id)
    assert details.sets
    assert all(one.complete and one.size > 0 for one in details.sets.values())
    assert lab.maas.boot_resources.list(type="uploaded") == []


def test_an_import_runs_until_it_is_stopped(lab: Lab) -> None:
    assert lab.maas.boot_resources.is_importing() is False
    lab.maas.boot_resources.import_()
    assert lab.maas.boot_resources.is_importing() is True
    lab.maas.boot_resources.stop_import()
    assert lab.maas.boot_resources.is_importing() is False


def test_a_source_is_made_selected_from_and_deleted(lab: Lab) -> None:
    [stream] = lab.maas.boot_sources.list()
    selections = lab.maas.boot_sources.selections(stream.id)
    assert {one.release for one in selections.list()} == {"focal", "jammy", "noble"}
    made = selections.create("ubuntu", "noble", arches=["ppc64el"])
    assert (made.boot_source_id, made.arches, made.labels) == (stream.id, ("ppc64el",), ("*",))
    assert selections.update(made.id, os="ubuntu", release="noble", arches=["amd64", "arm64"]).arches == (
        "amd64",
        "arm64",
    )
    selections.delete(made.id)
    mirror = lab.maas.boot_sources.create("http://mirror.test/", keyring_filename="/usr/share/keyrings/x.gpg")
    assert lab.maas.boot_sources.get(mirror.id) == mirror
    assert mirror.created.utcoffset() is not None
    assert lab.maas.boot_sources.update(mirror.id, url="http://other.test/").url == "http://other.test/"
    lab.maas.boot_sources.delete(mirror.id)
    with pytest.raises(NotFound, match="No BootSource matches"):
        lab.maas.boot_sources.get(mirror.id)


def test_settings_keep_their_types(lab: Lab) -> None:
    settings = lab.maas.configuration
    for name, given, kept in (
        ("ntp_servers", "ntp.ubuntu.com, 10.0.0.1", "ntp.ubuntu.com 10.0.0.1"),
        ("curtin_verbose", False, False),
        ("node_timeout", 45, 45),
        ("default_distro_series", "noble", "noble"),
    ):
        settings.set(name, given)
        assert settings.get(name) == kept
    assert settings.get("http_proxy") is None
    with pytest.raises(Invalid, match="whole number"):
        settings.set("node_timeout", "soon")
