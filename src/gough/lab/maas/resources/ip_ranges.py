"""Ranges of addresses that are set aside. The rules and their words: MAAS 3.4 `maasserver/models/iprange.py`."""

import ipaddress
from typing import Any

from gough.lab.maas.addresses import span
from gough.lab.maas.call import Call, Resource
from gough.lab.maas.forms import REQUIRED, Form, Problems
from gough.lab.maas.network_json import subnet_json
from gough.lab.maas.networks import IpRange, Networks, Subnet
from gough.lab.maas.resources.common import COLLECTION, ITEM, choice_problem, fields, for_admins, one, refuse
from gough.lab.maas.resources.subnets import taken_of
from gough.lab.maas.resources.vlans import networks_of
from gough.lab.maas.wire import Answer, deleted, json_answer

_CONFLICTS = {
    "dynamic": "Requested dynamic range conflicts with an existing IP address or range.",
    "reserved": "Requested reserved range conflicts with an existing range.",
}
_BOTH = ("start_ip", "end_ip")


def _json(call: Call, found: IpRange) -> dict[str, Any]:
    networks, name = networks_of(call), found.user
    return {
        "subnet": subnet_json(networks, networks.subnets[found.subnet_id]),
        "type": found.type,
        "start_ip": found.start_ip,
        "end_ip": found.end_ip,
        "user": {
            "is_superuser": True,
            "username": name,
            "email": f"{name}@lab.test",
            "is_local": True,
            "resource_uri": f"/MAAS/api/2.0/users/{name}/",
        },
        "comment": found.comment,
        "id": found.id,
        "resource_uri": f"/MAAS/api/2.0/ipranges/{found.id}/",
    }


def _range(call: Call) -> IpRange:
    return one(networks_of(call).ranges, call.id, "IPRange")


def _list(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer([_json(call, found) for found in networks_of(call).ranges.values()])


def _create(call: Call) -> Answer:
    with call.region.core.lock:
        networks, form = networks_of(call), fields(call)
        subnet = _subnet(networks, form)
        refuse(_missing(form) | {"subnet": [] if subnet else [REQUIRED]})
        made = IpRange(0, form["type"], form["start_ip"], form["end_ip"], subnet.id if subnet else 0)
        made.comment, made.user = form.get("comment", ""), call.user.name
        refuse(_range_problems(call, made))
        made.id = next(networks.ids)
        networks.ranges[made.id] = made
        return json_answer(_json(call, made))


def _read(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(_json(call, _range(call)))


def _update(call: Call) -> Answer:
    with call.region.core.lock:
        found, form = _range(call), fields(call)
        wanted = IpRange(
            found.id,
            found.type,
            form.get("start_ip", found.start_ip),
            form.get("end_ip", found.end_ip),
            found.subnet_id,
            form.get("comment", found.comment),
            found.user,
        )
        refuse(_address_problems(wanted.start_ip, wanted.end_ip))
        refuse(_range_problems(call, wanted))
        networks_of(call).ranges[found.id] = wanted
        return json_answer(_json(call, wanted))


def _delete(call: Call) -> Answer:
    with call.region.core.lock:
        del networks_of(call).ranges[_range(call).id]
        return deleted()


def _subnet(networks: Networks, form: Form) -> Subnet | None:
    """The one that is named, or the one its first address is in."""
    if form.get("subnet"):
        return one(networks.subnets, form["subnet"], "Subnet")
    try:
        start = ipaddress.ip_address(form.get("start_ip", ""))
    except ValueError:
        return None
    return next((subnet for subnet in networks.subnets.values() if start in subnet.network), None)


def _missing(form: Form) -> Problems:
    kind = form.get("type", "")
    return {
        "type": [] if kind in _CONFLICTS else [choice_problem(kind) if kind else REQUIRED],
        **_address_problems(form.get("start_ip", ""), form.get("end_ip", "")),
    }


def _address_problems(start_ip: str, end_ip: str) -> Problems:
    problems: Problems = {}
    for name, given in zip(_BOTH, (start_ip, end_ip), strict=True):
        try:
            ipaddress.ip_address(given)
        except ValueError:
            problems[name] = ["Enter a valid IPv4 or IPv6 address." if given else REQUIRED]
    return problems


def _range_problems(call: Call, wanted: IpRange) -> Problems:
    subnet = networks_of(call).subnets[wanted.subnet_id]
    network = subnet.network
    inside = [ipaddress.ip_address(given) in network for given in (wanted.start_ip, wanted.end_ip)]
    if not any(inside):
        return _both(f"IP addresses must be within subnet: {subnet.cidr}.")
    if not inside[0]:
        return {"start_ip": [f"Start IP address must be within subnet: {subnet.cidr}."]}
    if not inside[1]:
        return {"end_ip": [f"End IP address must be within subnet: {subnet.cidr}."]}
    asked = span(wanted.start_ip, wanted.end_ip)
    if asked.size < 1:
        return {"end_ip": ["End IP address must not be less than Start IP address."]}
    if asked.first == int(network.network_address):
        return {"start_ip": ["Reserved network address cannot be included in IP range."]}
    if asked.last == int(network.broadcast_address):
        return {"end_ip": ["Broadcast address cannot be included in IP range."]}
    return _both(_CONFLICTS[wanted.type]) if _conflicts(call, wanted, subnet) else {}


def _both(said: str) -> Problems:
    return {name: [said] for name in _BOTH}


def _conflicts(call: Call, wanted: IpRange, subnet: Subnet) -> bool:
    """Reserved ranges may cover addresses in use, but no other range; dynamic ones neither."""
    asked = span(wanted.start_ip, wanted.end_ip)
    ranges = [
        span(other.start_ip, other.end_ip) for other in networks_of(call).ranges_of(subnet) if other.id != wanted.id
    ]
    single = [found for found in taken_of(call, subnet) if found.purpose not in _CONFLICTS]
    return any(asked.overlaps(other) for other in ranges + (single if wanted.type == "dynamic" else []))


RESOURCES = for_admins(
    Resource(r"ipranges/", COLLECTION, {("GET", None): _list, ("POST", None): _create}),
    Resource(r"ipranges/([^/]+)/", ITEM, {("GET", None): _read, ("PUT", None): _update, ("DELETE", None): _delete}),
)
