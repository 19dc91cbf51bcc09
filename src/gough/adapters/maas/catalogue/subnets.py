"""Subnets, and how full they are. https://maas.io/docs/api"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from gough import ports
from gough.adapters.maas.catalogue.requests import form, part
from gough.adapters.maas.catalogue.vlans import Vlan
from gough.adapters.maas.http import RegionHttp
from gough.adapters.maas.models import Text


@dataclass(frozen=True, slots=True)
class Subnet:
    """`managed`: MAAS gives out its addresses. `rdns_mode` is 0 off, 1 on, 2 with the parent zones."""

    id: int
    cidr: str
    name: Text
    vlan: Vlan
    description: Text = ""
    gateway_ip: Text = ""
    dns_servers: tuple[str, ...] = ()
    rdns_mode: int = 2
    allow_dns: bool = True
    allow_proxy: bool = True
    active_discovery: bool = False
    managed: bool = True
    space: Text = ""

    def port(self) -> ports.Subnet:
        vlan = self.vlan
        return ports.Subnet(self.id, self.cidr, self.name, vlan.vid, vlan.fabric, self.gateway_ip, self.managed)


@dataclass(frozen=True, slots=True)
class Statistics:
    """Addresses, network and broadcast address not counted. `usage` is between 0 and 1."""

    num_available: int
    largest_available: int
    num_unavailable: int
    total_addresses: int
    usage: float
    first_address: str
    last_address: str
    ip_version: int


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive addresses; `purpose` says what reserves them (`dynamic`, `assigned-ip`, …), empty where free."""

    start: str
    end: str
    num_addresses: int
    purpose: tuple[str, ...] = ()


SUBNET, SUBNETS = TypeAdapter(Subnet), TypeAdapter(list[Subnet])
STATISTICS, SPANS = TypeAdapter(Statistics), TypeAdapter(list[Span])


class Subnets:
    def __init__(self, http: RegionHttp) -> None:
        self._http = http

    def __call__(self) -> Sequence[ports.Subnet]:
        """As `Provisioner.subnets` promises."""
        return [subnet.port() for subnet in self.list()]

    def list(self) -> Sequence[Subnet]:
        return self._http.get("subnets/", SUBNETS)

    def get(self, id: int) -> Subnet:
        return self._http.get(_subnet(id), SUBNET)

    def create(
        self,
        cidr: str,
        *,
        vlan: int | None = None,
        name: str | None = None,
        description: str | None = None,
        gateway_ip: str | None = None,
        dns_servers: Sequence[str] | None = None,
        managed: bool | None = None,
    ) -> Subnet:
        """`vlan` is a VLAN's id, not its VID; without it, the default fabric's untagged one."""
        fields = form(
            cidr=cidr,
            vlan=vlan,
            name=name,
            description=description,
            gateway_ip=gateway_ip,
            dns_servers=_addresses(dns_servers),
            managed=managed,
        )
        return self._http.post("subnets/", SUBNET, {}, fields)

    def update(
        self,
        id: int,
        *,
        cidr: str | None = None,
        vlan: int | None = None,
        name: str | None = None,
        description: str | None = None,
        gateway_ip: str | None = None,
        dns_servers: Sequence[str] | None = None,
        managed: bool | None = None,
    ) -> Subnet:
        """What is None stays as it is."""
        fields = form(
            cidr=cidr,
            vlan=vlan,
            name=name,
            description=description,
            gateway_ip=gateway_ip,
            dns_servers=_addresses(dns_servers),
            managed=managed,
        )
        return self._http.put(_subnet(id), SUBNET, fields)

    def delete(self, id: int) -> None:
        """Invalid while nodes use its addresses, or its VLAN serves a dynamic range of it."""
        self._http.delete(_subnet(id))

    def statistics(self, id: int) -> Statistics:
        return self._http.get(_subnet(id), STATISTICS, {"op": "statistics"})

    def reserved_ip_ranges(self, id: int) -> Sequence[Span]:
        return self._http.get(_subnet(id), SPANS, {"op": "reserved_ip_ranges"})

    def unreserved_ip_ranges(self, id: int) -> Sequence[Span]:
        return self._http.get(_subnet(id), SPANS, {"op": "unreserved_ip_ranges"})


def _subnet(id: int) -> str:
    return f"subnets/{part('subnet', id)}/"


def _addresses(given: Sequence[str] | None) -> str | None:
    return None if given is None else " ".join(given)
