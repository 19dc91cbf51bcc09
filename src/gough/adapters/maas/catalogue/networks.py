"""A region's networks as one tree: VLANs by their fabrics, their subnets, and the ranges in these."""

from collections.abc import Iterable, Sequence

from gough.adapters.maas.catalogue.fabrics import Fabric
from gough.adapters.maas.catalogue.ip_ranges import IpRange
from gough.adapters.maas.catalogue.subnets import Subnet
from gough.adapters.maas.catalogue.vlans import Vlan
from gough.ports import AddressRange, Network, NetworkSubnet


def networks(fabrics: Iterable[Fabric], subnets: Iterable[Subnet], ranges: Iterable[IpRange]) -> Sequence[Network]:
    """By fabric and VID. The three lists may be of slightly different moments: what does not fit is left out."""
    within: dict[int, list[AddressRange]] = {}
    for each in ranges:
        span = AddressRange(each.id, each.type, each.start_ip, each.end_ip, each.comment)
        within.setdefault(each.subnet.id, []).append(span)
    on: dict[int, list[NetworkSubnet]] = {}
    for subnet in subnets:
        on.setdefault(subnet.vlan.id, []).append(_subnet(subnet, within.get(subnet.id, [])))
    found = [_network(fabric, vlan, on.get(vlan.id, [])) for fabric in fabrics for vlan in fabric.vlans]
    return sorted(found, key=lambda network: (network.fabric, network.vid))


def _network(fabric: Fabric, vlan: Vlan, subnets: list[NetworkSubnet]) -> Network:
    return Network(
        vlan.id, fabric.name, vlan.vid, vlan.name, vlan.mtu, vlan.dhcp_on, vlan.space,
        tuple(sorted(subnets, key=lambda subnet: subnet.id)),
    )  # fmt: skip


def _subnet(subnet: Subnet, ranges: list[AddressRange]) -> NetworkSubnet:
    return NetworkSubnet(
        subnet.id, subnet.cidr, subnet.name, subnet.gateway_ip, subnet.dns_servers, subnet.managed,
        tuple(sorted(ranges, key=lambda each: each.id)),
    )  # fmt: skip
