"""Which addresses of a subnet are taken, and by what: the sums behind its statistics and the checks of ranges."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gough.lab.maas.machine import Machine
from gough.lab.maas.networks import Networks, Subnet


@dataclass(frozen=True, slots=True)
class Span:
    """Addresses as numbers, both ends included."""

    first: int
    last: int
    purpose: str = ""

    @property
    def size(self) -> int:
        return self.last - self.first + 1

    def overlaps(self, other: "Span") -> bool:
        return self.first <= other.last and other.first <= self.last

    def json(self) -> dict[str, Any]:
        start, end = str(ipaddress.ip_address(self.first)), str(ipaddress.ip_address(self.last))
        purpose = {"purpose": [self.purpose]} if self.purpose else {}
        return {"start": start, "end": end, "num_addresses": self.size, **purpose}


def span(first: str, last: str, purpose: str = "") -> Span:
    return Span(int(ipaddress.ip_address(first)), int(ipaddress.ip_address(last)), purpose)


def usable(subnet: Subnet) -> Span:
    """All of it but the network and broadcast address."""
    network = subnet.network
    return Span(int(network.network_address) + 1, int(network.broadcast_address) - 1)


def taken(networks: Networks, subnet: Subnet, machines: Iterable[Machine]) -> list[Span]:
    """In order. An address a machine has inside a range is part of the range."""
    found = [span(one.start_ip, one.end_ip, one.type) for one in networks.ranges_of(subnet)]
    singles = [(address, "assigned-ip") for machine in machines for address in machine.addresses]
    singles += [(subnet.gateway_ip, "gateway-ip")] if subnet.gateway_ip else []
    for address, purpose in singles:
        alone = span(address, address, purpose)
        if ipaddress.ip_address(address) in subnet.network and not any(alone.overlaps(one) for one in found):
            found.append(alone)
    return sorted(found, key=lambda one: one.first)


def free(subnet: Subnet, used: Iterable[Span]) -> list[Span]:
    whole, found = usable(subnet), []
    start = whole.first
    for one in used:
        if one.first > start:
            found.append(Span(start, one.first - 1))
        start = max(start, one.last + 1)
    return [*found, Span(start, whole.last)] if start <= whole.last else found


def statistics(subnet: Subnet, used: list[Span]) -> dict[str, Any]:
    whole, gaps = usable(subnet), free(subnet, used)
    available = sum(gap.size for gap in gaps)
    usage = 1 - available / whole.size
    return {
        "num_available": available,
        "largest_available": max((gap.size for gap in gaps), default=0),
        "num_unavailable": whole.size - available,
        "total_addresses": whole.size,
        "usage": usage,
        "usage_string": f"{usage:.0%}",
        "available_string": f"{1 - usage:.0%}",
        "first_address": str(ipaddress.ip_address(whole.first)),
        "last_address": str(ipaddress.ip_address(whole.last)),
        "ip_version": subnet.network.version,
    }
