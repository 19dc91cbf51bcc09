"""Fabrics, VLANs, subnets and ranges of addresses. A machine's first interface is on VLAN 5001 and subnet 1."""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gough.lab.maas.ids import Ids

FIRST_VLAN, FIRST_SUBNET, FIRST_RACK = 5001, 1, "rack01"
FIRST_CIDR = "10.64.0.0/16"  # where machines get their addresses, from its beginning
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(slots=True)
class Fabric:
    id: int
    name: str
    class_type: str | None = None


@dataclass(slots=True)
class Vlan:
    """`relay_vlan` is another VLAN's id. The first of a fabric is its untagged one, whatever its name."""

    id: int
    vid: int
    fabric_id: int
    name: str | None = None
    mtu: int = 1500
    dhcp_on: bool = False
    primary_rack: str | None = None
    secondary_rack: str | None = None
    relay_vlan: int | None = None


@dataclass(slots=True)
class Subnet:
    id: int
    cidr: str
    name: str
    vlan_id: int
    description: str = ""
    gateway_ip: str | None = None
    dns_servers: list[str] = field(default_factory=list)
    rdns_mode: int = 2
    allow_dns: bool = True
    allow_proxy: bool = True
    active_discovery: bool = False
    managed: bool = True

    @property
    def network(self) -> Network:
        return ipaddress.ip_network(self.cidr, strict=False)


@dataclass(slots=True)
class IpRange:
    """`type` is dynamic or reserved, `user` the administrator who made it."""

    id: int
    type: str
    start_ip: str
    end_ip: str
    subnet_id: int
    comment: str = ""
    user: str = "admin"


def _first_vlan() -> dict[int, Vlan]:
    return {FIRST_VLAN: Vlan(FIRST_VLAN, 0, 0, dhcp_on=True, primary_rack=FIRST_RACK)}


def _first_range() -> dict[int, IpRange]:
    return {1: IpRange(1, "dynamic", "10.64.240.1", "10.64.255.254", FIRST_SUBNET, "DHCP")}


@dataclass(slots=True)
class Networks:
    """By their ids; starts with one of each. A fabric's name may stand for its id in paths."""

    fabrics: dict[int, Fabric] = field(default_factory=lambda: {0: Fabric(0, "fabric-0")})
    vlans: dict[int, Vlan] = field(default_factory=_first_vlan)
    subnets: dict[int, Subnet] = field(
        default_factory=lambda: {FIRST_SUBNET: Subnet(FIRST_SUBNET, FIRST_CIDR, FIRST_CIDR, FIRST_VLAN)}
    )
    ranges: dict[int, IpRange] = field(default_factory=_first_range)
    ids: Iterator[int] = field(default_factory=lambda: Ids(2))
    vlan_ids: Iterator[int] = field(default_factory=lambda: Ids(FIRST_VLAN + 1))

    def vlans_of(self, fabric_id: int) -> list[Vlan]:
        """The untagged one first."""
        return sorted((vlan for vlan in self.vlans.values() if vlan.fabric_id == fabric_id), key=lambda vlan: vlan.id)

    def untagged(self, fabric_id: int) -> Vlan:
        return self.vlans_of(fabric_id)[0]

    def subnets_of(self, vlans: Iterable[Vlan]) -> list[Subnet]:
        ids = {vlan.id for vlan in vlans}
        return [subnet for subnet in self.subnets.values() if subnet.vlan_id in ids]

    def ranges_of(self, subnet: Subnet) -> list[IpRange]:
        return [one for one in self.ranges.values() if one.subnet_id == subnet.id]

    def has_dynamic_range(self, subnets: Iterable[Subnet]) -> bool:
        return any(one.type == "dynamic" for subnet in subnets for one in self.ranges_of(subnet))

    def add_vlan(self, fabric_id: int, vid: int, name: str | None) -> Vlan:
        made = Vlan(next(self.vlan_ids), vid, fabric_id, name)
        self.vlans[made.id] = made
        return made

    def drop_subnet(self, subnet: Subnet) -> None:
        for one in self.ranges_of(subnet):
            del self.ranges[one.id]
        del self.subnets[subnet.id]
