"""VLANs, below their fabrics: `fabrics/{id or name}/vlans/{vid}/`."""

from gough.lab.maas.call import Call, Resource
from gough.lab.maas.forms import REQUIRED, Form, Problems, boolean
from gough.lab.maas.network_json import vlan_json
from gough.lab.maas.networks import Fabric, Networks, Vlan
from gough.lab.maas.resources.common import (
    COLLECTION,
    ITEM,
    choice_problem,
    fields,
    for_admins,
    refuse,
    refuse_in_model,
)
from gough.lab.maas.wire import Answer, deleted, json_answer, not_found, text

_TAKEN = "A VLAN with the specified VID already exists in the destination fabric."
_NO_RACK = "dhcp can only be turned on when a primary rack controller is set."
_NO_RANGE = "dhcp can only be turned on when a dynamic IP range is defined."


def networks_of(call: Call) -> Networks:
    return call.region.core.catalogue.networks


def fabric_of(call: Call) -> Fabric:
    for fabric in networks_of(call).fabrics.values():
        if call.id in {str(fabric.id), fabric.name}:
            return fabric
    raise not_found("Fabric")


def _vlan(call: Call) -> Vlan:
    for vlan in networks_of(call).vlans_of(fabric_of(call).id):
        if call.id2 in {str(vlan.vid), vlan.name, "untagged" if vlan.vid == 0 else None}:
            return vlan
    raise not_found("VLAN")


def _list(call: Call) -> Answer:
    with call.region.core.lock:
        networks = networks_of(call)
        return json_answer([vlan_json(networks, vlan) for vlan in networks.vlans_of(fabric_of(call).id)])


def _create(call: Call) -> Answer:
    with call.region.core.lock:
        networks, fabric, form = networks_of(call), fabric_of(call), fields(call)
        refuse(_number_problems(form, "vid", 0, 4094, required=True) | _number_problems(form, "mtu", 552, 65535))
        if any(vlan.vid == int(form["vid"]) for vlan in networks.vlans_of(fabric.id)):
            raise refuse_in_model({"__all__": [_TAKEN]})
        made = networks.add_vlan(fabric.id, int(form["vid"]), form.get("name") or None)
        made.mtu = int(form.get("mtu", made.mtu))
        return json_answer(vlan_json(networks, made))


def _number_problems(form: Form, name: str, low: int, high: int, *, required: bool = False) -> Problems:
    given = form.get(name, "")
    if not given:
        return {name: [REQUIRED] if required else []}
    if not given.isdecimal():
        return {name: ["Enter a whole number."]}
    return {name: [] if low <= int(given) <= high else [f"{name.upper()} must be between {low} and {high}."]}


def _read(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(vlan_json(networks_of(call), _vlan(call)))


def _update(call: Call) -> Answer:
    with call.region.core.lock:
        networks, vlan, form = networks_of(call), _vlan(call), fields(call)
        dhcp_on = boolean(form, "dhcp_on", default=vlan.dhcp_on)
        refuse(_number_problems(form, "mtu", 552, 65535) | _dhcp_problems(call, vlan, form, dhcp_on=dhcp_on))
        vlan.name, vlan.mtu, vlan.dhcp_on = form.get("name") or vlan.name, int(form.get("mtu", vlan.mtu)), dhcp_on
        vlan.primary_rack = form.get("primary_rack", vlan.primary_rack) or None
        vlan.secondary_rack = form.get("secondary_rack", vlan.secondary_rack) or None
        if "relay_vlan" in form or dhcp_on:  # a VLAN with DHCP of its own relays nothing
            vlan.relay_vlan = int(form["relay_vlan"]) if form.get("relay_vlan") and not dhcp_on else None
        return json_answer(vlan_json(networks, vlan))


def _dhcp_problems(call: Call, vlan: Vlan, form: Form, *, dhcp_on: bool) -> Problems:
    catalogue = call.region.core.catalogue
    reach = {"", *(rack.system_id for rack in catalogue.racks if vlan.vid in rack.vids)}
    given = {name: form[name] for name in ("primary_rack", "secondary_rack") if name in form}
    problems = {name: [choice_problem(rack)] if rack not in reach else [] for name, rack in given.items()}
    relay = form.get("relay_vlan", "")
    others = {"", *(str(other.id) for other in networks_of(call).vlans.values() if other.relay_vlan is None)}
    problems["relay_vlan"] = [] if relay in others - {str(vlan.id)} else [choice_problem(relay)]
    if dhcp_on and not networks_of(call).has_dynamic_range(networks_of(call).subnets_of([vlan])):
        problems["dhcp_on"] = [_NO_RANGE]
    primary = form.get("primary_rack", vlan.primary_rack)
    if dhcp_on and not problems.get("dhcp_on") and (not primary or problems.get("primary_rack")):
        problems["__all__"] = [_NO_RACK]
    return problems


def _delete(call: Call) -> Answer:
    with call.region.core.lock:
        networks, vlan = networks_of(call), _vlan(call)
        untagged = networks.untagged(vlan.fabric_id)
        if vlan is untagged:
            raise text(400, "This VLAN is the default VLAN in the fabric, it cannot be deleted.")
        for subnet in networks.subnets_of([vlan]):
            subnet.vlan_id = untagged.id
        del networks.vlans[vlan.id]
        return deleted()


RESOURCES = for_admins(
    Resource(r"fabrics/([^/]+)/vlans/", COLLECTION, {("GET", None): _list, ("POST", None): _create}),
    Resource(
        r"fabrics/([^/]+)/vlans/([^/]+)/",
        ITEM,
        {("GET", None): _read, ("PUT", None): _update, ("DELETE", None): _delete},
    ),
)
