"""Subnets."""

import ipaddress
from dataclasses import replace

from gough.lab.maas.addresses import Span, free, statistics, taken
from gough.lab.maas.call import Call, Resource
from gough.lab.maas.forms import REQUIRED, Form, Problems, boolean
from gough.lab.maas.network_json import subnet_json
from gough.lab.maas.networks import Networks, Subnet
from gough.lab.maas.resources.common import COLLECTION, ITEM, fields, for_admins, one, refuse
from gough.lab.maas.resources.vlans import networks_of
from gough.lab.maas.wire import Answer, deleted, json_answer, text

_FLAGS = ("managed", "allow_dns", "allow_proxy", "active_discovery")
_BAD_VLAN = "Select a valid choice. That choice is not one of the available choices."
_SERVING = (
    "Cannot delete a subnet that is actively servicing a dynamic IP range. "
    "(Delete the dynamic range or disable DHCP first.)"
)
_IN_USE = "Cannot delete a subnet that has IP addresses in use by nodes. (Use the 'force' parameter to override.)"


def taken_of(call: Call, subnet: Subnet) -> list[Span]:
    return taken(networks_of(call), subnet, call.region.core.machines.values())


def _subnet(call: Call) -> Subnet:
    return one(networks_of(call).subnets, call.id, "Subnet")


def _list(call: Call) -> Answer:
    with call.region.core.lock:
        networks = networks_of(call)
        return json_answer([subnet_json(networks, subnet) for subnet in networks.subnets.values()])


def _create(call: Call) -> Answer:
    with call.region.core.lock:
        networks, form = networks_of(call), fields(call)
        refuse(_problems(networks, form, None))
        cidr = _cidr(form)
        vlan = int(form.get("vlan") or networks.untagged(0).id)
        made = Subnet(next(networks.ids), cidr, form.get("name") or cidr, vlan)
        networks.subnets[made.id] = made
        _change(made, form)
        return json_answer(subnet_json(networks, made))


def _read(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(subnet_json(networks_of(call), _subnet(call)))


def _update(call: Call) -> Answer:
    with call.region.core.lock:
        networks, subnet, form = networks_of(call), _subnet(call), fields(call)
        refuse(_problems(networks, form, subnet))
        if "cidr" in form:
            subnet.cidr = _cidr(form)
        subnet.name, subnet.vlan_id = form.get("name") or subnet.name, int(form.get("vlan") or subnet.vlan_id)
        _change(subnet, form)
        return json_answer(subnet_json(networks, subnet))


def _change(subnet: Subnet, form: Form) -> None:
    subnet.description = form.get("description", subnet.description)
    subnet.gateway_ip = form.get("gateway_ip", subnet.gateway_ip) or None
    if "dns_servers" in form:
        subnet.dns_servers = " ".join(form.getlist("dns_servers")).replace(",", " ").split()
    for name in _FLAGS:
        setattr(subnet, name, boolean(form, name, default=getattr(subnet, name)))


def _cidr(form: Form) -> str:
    return str(ipaddress.ip_network(form["cidr"], strict=False))


def _problems(networks: Networks, form: Form, subnet: Subnet | None) -> Problems:
    known = {str(vlan) for vlan in networks.vlans}
    cidr = _cidr_problems(networks, form, subnet)
    return {
        "cidr": cidr,
        "vlan": [] if form.get("vlan", "") in {"", *known} else [_BAD_VLAN],
        "gateway_ip": [] if cidr else _gateway_problems(form, subnet),
    }


def _cidr_problems(networks: Networks, form: Form, subnet: Subnet | None) -> list[str]:
    given = form.get("cidr", subnet.cidr if subnet else "")
    if not given:
        return [REQUIRED]
    try:
        network = ipaddress.ip_network(given, strict=False)
    except ValueError:
        return ["Required format: <network>/<prefixlen>."]
    if network.prefixlen == 0:
        return ["Prefix length must be greater than 0."]
    taken_already = any(other.network == network for other in networks.subnets.values() if other is not subnet)
    return ["Subnet with this Cidr already exists."] if taken_already else []


def _gateway_problems(form: Form, subnet: Subnet | None) -> list[str]:
    given = form.get("gateway_ip", "")
    if not given:
        return []
    try:
        gateway = ipaddress.ip_address(given)
    except ValueError:
        return ["Enter a valid IPv4 or IPv6 address."]
    network = ipaddress.ip_network(form.get("cidr") or (subnet.cidr if subnet else ""), strict=False)
    return [] if gateway in network else ["Gateway IP must be within CIDR range."]


def _delete(call: Call) -> Answer:
    with call.region.core.lock:
        networks, subnet = networks_of(call), _subnet(call)
        if networks.vlans[subnet.vlan_id].dhcp_on and networks.has_dynamic_range([subnet]):
            raise text(400, _SERVING)
        in_use = any(span.purpose == "assigned-ip" for span in taken_of(call, subnet))
        if in_use and not boolean(call.args, "force", default=False):
            raise text(400, _IN_USE)
        networks.drop_subnet(subnet)
        for machine in call.region.core.machines.values():
            machine.nics = tuple(
                replace(nic, links=tuple(link for link in nic.links if link.subnet_id != subnet.id))
                for nic in machine.nics
            )
        return deleted()


def _statistics(call: Call) -> Answer:
    with call.region.core.lock:
        subnet = _subnet(call)
        return json_answer(statistics(subnet, taken_of(call, subnet)))


def _reserved(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer([span.json() for span in taken_of(call, _subnet(call))])


def _unreserved(call: Call) -> Answer:
    with call.region.core.lock:
        subnet = _subnet(call)
        return json_answer([span.json() for span in free(subnet, taken_of(call, subnet))])


RESOURCES = for_admins(
    Resource(r"subnets/", COLLECTION, {("GET", None): _list, ("POST", None): _create}),
    Resource(
        r"subnets/([^/]+)/", ITEM,
        {
            ("GET", None): _read,
            ("GET", "statistics"): _statistics,
            ("GET", "reserved_ip_ranges"): _reserved,
            ("GET", "unreserved_ip_ranges"): _unreserved,
            ("PUT", None): _update,
            ("DELETE", None): _delete,
        },
    ),
)  # fmt: skip
