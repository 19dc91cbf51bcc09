"""Joining a machine's interfaces to subnets, and the addresses that come of it."""

import ipaddress
from collections.abc import Callable
from dataclasses import replace

from gough.domain.machine_status import MachineStatus
from gough.lab.maas.addresses import free, span, taken
from gough.lab.maas.core import Core
from gough.lab.maas.forms import REQUIRED, Form, Problems, boolean, raise_for
from gough.lab.maas.machine import Link, Machine, Nic
from gough.lab.maas.networks import FIRST_SUBNET, FIRST_VLAN, Subnet
from gough.lab.maas.wire import text

S = MachineStatus
CHANGEABLE = frozenset({S.NEW, S.READY, S.FAILED_TESTING, S.ALLOCATED, S.BROKEN})
MODES = ("auto", "dhcp", "static", "link_up")
NEEDS_SUBNET = frozenset({"auto", "static"})
BAD_SUBNET = "Select a valid choice. That choice is not one of the available choices."
OTHER_LINKS = (
    "Cannot configure interface to link up (with no IP address) while other links are already configured. "
    "Specify force=True to override this behavior and delete all links."
)


def link_subnet(core: Core, machine: Machine, nic: Nic, form: Form) -> Nic:
    """MAAS's `InterfaceLinkForm`: `force` puts the link in place of all the others, on whichever VLAN."""
    _check_status(machine, "link subnet")
    force, mode = boolean(form, "force", default=False), form.get("mode", "").lower()
    subnet = _subnet(core, form.get("subnet", ""))
    raise_for(_problems(core, nic, form, mode, subnet, force=force))
    kept = () if force or mode == "link_up" else nic.links
    address = form.get("ip_address", "") if mode == "static" else ""
    if address in {ip for other in core.machines.values() for ip in other.addresses} - {""}:
        raise text(404, f"The IP address {address} is already in use.")
    if mode == "static" and subnet and not address:
        address = _free_address(core, subnet)
    link = Link(core.next_link_id(), mode, subnet.id if subnet else None, address)
    return _put(core, machine, replace(nic, vlan_id=subnet.vlan_id if subnet else nic.vlan_id, links=(*kept, link)))


def unlink_subnet(core: Core, machine: Machine, nic: Nic, form: Form) -> Nic:
    _check_status(machine, "unlink subnet")
    given, known = form.get("id", ""), [str(link.id) for link in nic.links]
    choices = ", ".join(f"'{number}'" for number in known)
    wrong = [f"'{given}' is not a valid id.  It should be one of: {choices}."] if given not in known else []
    raise_for({"id": wrong if given else [REQUIRED]})
    return _put(core, machine, replace(nic, links=tuple(link for link in nic.links if str(link.id) != given)))


def disconnect(core: Core, machine: Machine, nic: Nic, _form: Form) -> Nic:
    _check_status(machine, "disconnect")
    return _put(core, machine, replace(nic, vlan_id=None, links=()))


CHANGES: dict[str, Callable[[Core, Machine, Nic, Form], Nic]] = {
    "link_subnet": link_subnet,
    "unlink_subnet": unlink_subnet,
    "disconnect": disconnect,
}


def first_links(core: Core, machine: Machine) -> None:
    """What commissioning leaves: the interface it booted from gets its addresses from MAAS."""
    if machine.nics:
        link = Link(core.next_link_id(), "auto", FIRST_SUBNET)
        first, *others = machine.nics
        machine.nics = (
            replace(first, vlan_id=FIRST_VLAN, links=(link,)),
            *(replace(nic, vlan_id=None, links=()) for nic in others),
        )


def claim_addresses(core: Core, machine: Machine) -> None:
    """Done when a deployment begins."""
    for nic in machine.nics:
        for link in nic.links:
            if link.mode == "auto" and link.subnet_id in core.catalogue.networks.subnets and not link.ip_address:
                _set_address(machine, link, _claim(core, machine, link.subnet_id or FIRST_SUBNET))


def give_addresses_back(machine: Machine) -> None:
    for nic in machine.nics:
        for link in nic.links:
            if link.mode == "auto":
                _set_address(machine, link, "")


def _claim(core: Core, machine: Machine, subnet_id: int) -> str:
    """On the first subnet an address that tells the machine's number; else any."""
    number = machine.number
    own = f"10.64.{number // 250}.{number % 250 + 2}"
    if subnet_id == FIRST_SUBNET and own not in machine.addresses:
        return own
    return _free_address(core, core.catalogue.networks.subnets[subnet_id])


def _free_address(core: Core, subnet: Subnet) -> str:
    used = [span(ip, ip) for machine in core.machines.values() for ip in machine.addresses if _within(subnet, ip)]
    spans = sorted([*taken(core.catalogue.networks, subnet, ()), *used], key=lambda one: one.first)
    gaps = free(subnet, spans)
    if not gaps:
        raise text(503, f"No more IPs available in subnet: {subnet.cidr}.")
    return str(ipaddress.ip_address(gaps[0].first))


def _set_address(machine: Machine, link: Link, address: str) -> None:
    linked = replace(link, ip_address=address)
    machine.nics = tuple(
        replace(nic, links=tuple(linked if one.id == link.id else one for one in nic.links)) for nic in machine.nics
    )


def _put(core: Core, machine: Machine, nic: Nic) -> Nic:
    machine.nics = tuple(nic if one.id == nic.id else one for one in machine.nics)
    core.changed(machine)
    return nic


def _check_status(machine: Machine, doing: str) -> None:
    if machine.status not in CHANGEABLE:
        raise text(409, f"Cannot {doing} interface because the machine is not New, Ready, Allocated, or Broken.")


def _subnet(core: Core, given: str) -> Subnet | None:
    subnets = core.catalogue.networks.subnets.values()
    return next((subnet for subnet in subnets if given in {str(subnet.id), subnet.cidr, subnet.name}), None)


def _problems(core: Core, nic: Nic, form: Form, mode: str, subnet: Subnet | None, *, force: bool) -> Problems:
    elsewhere = subnet is not None and nic.vlan_id not in {None, subnet.vlan_id} and not force
    missing = not form.get("subnet")
    return {
        "mode": _mode_problems(nic, mode, force=force),
        "subnet": [REQUIRED]
        if missing and mode in NEEDS_SUBNET
        else [BAD_SUBNET]
        if not missing and (subnet is None or elsewhere)
        else [],
        "ip_address": _address_problems(core, form, subnet) if mode == "static" else [],
    }


def _mode_problems(nic: Nic, mode: str, *, force: bool) -> list[str]:
    if not mode:
        return [REQUIRED]
    if mode not in MODES:
        choices = ", ".join(f"'{name}'" for name in MODES)
        return [f"'{mode}' is not a valid mode.  It should be one of: {choices}."]
    if mode == "dhcp" and any(link.mode == "dhcp" for link in nic.links):
        return ["Interface is already set to DHCP."]  # even with force
    if mode == "link_up" and not force and any(link.mode != "link_up" for link in nic.links):
        return [OTHER_LINKS]
    return []


def _address_problems(core: Core, form: Form, subnet: Subnet | None) -> list[str]:
    given = form.get("ip_address", "")
    if not given or subnet is None:
        return []
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return ["Enter a valid IPv4 or IPv6 address."]
    if address not in subnet.network:
        return [f"IP address is not in the given subnet '{subnet.cidr}'."]
    inside = [
        one
        for one in core.catalogue.networks.ranges_of(subnet)
        if one.type == "dynamic" and span(one.start_ip, one.end_ip).overlaps(span(given, given))
    ]
    return [f"IP address is inside a dynamic range {one.start_ip} to {one.end_ip}." for one in inside]


def _within(subnet: Subnet, address: str) -> bool:
    return ipaddress.ip_address(address) in subnet.network
