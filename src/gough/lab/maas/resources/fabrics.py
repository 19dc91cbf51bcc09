"""Fabrics, addressed by number or name."""

from typing import Any

from gough.lab.maas.call import Call, Resource
from gough.lab.maas.forms import Form
from gough.lab.maas.network_json import vlan_json
from gough.lab.maas.networks import Fabric, Networks
from gough.lab.maas.resources.common import COLLECTION, ITEM, fields, for_admins, name_problems, refuse
from gough.lab.maas.resources.vlans import fabric_of, networks_of
from gough.lab.maas.wire import Answer, deleted, json_answer, text


def fabric_json(networks: Networks, fabric: Fabric) -> dict[str, Any]:
    return {
        "class_type": fabric.class_type,
        "vlans": [vlan_json(networks, vlan) for vlan in networks.vlans_of(fabric.id)],
        "name": fabric.name,
        "id": fabric.id,
        "resource_uri": f"/MAAS/api/2.0/fabrics/{fabric.id}/",
    }


def _list(call: Call) -> Answer:
    with call.region.core.lock:
        networks = networks_of(call)
        return json_answer([fabric_json(networks, fabric) for fabric in networks.fabrics.values()])


def _create(call: Call) -> Answer:
    with call.region.core.lock:
        networks, form = networks_of(call), fields(call)
        number = max(networks.fabrics) + 1
        name = form.get("name") or f"fabric-{number}"
        refuse({"name": _fabric_name_problems(networks, name, "")})
        made = Fabric(number, name, form.get("class_type") or None)
        networks.fabrics[number] = made
        networks.add_vlan(number, 0, None)
        return json_answer(fabric_json(networks, made))


def _fabric_name_problems(networks: Networks, name: str, current: str) -> list[str]:
    taken = any(fabric.name == name for fabric in networks.fabrics.values())
    return name_problems(Form({"name": name}), taken, "Fabric", current)


def _read(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(fabric_json(networks_of(call), fabric_of(call)))


def _update(call: Call) -> Answer:
    with call.region.core.lock:
        networks, fabric, form = networks_of(call), fabric_of(call), fields(call)
        name = form.get("name") or fabric.name
        refuse({"name": _fabric_name_problems(networks, name, fabric.name)})
        fabric.name, fabric.class_type = name, form.get("class_type", fabric.class_type)
        return json_answer(fabric_json(networks, fabric))


def _delete(call: Call) -> Answer:
    with call.region.core.lock:
        networks, fabric = networks_of(call), fabric_of(call)
        vlans = networks.vlans_of(fabric.id)
        if fabric.id == 0:
            raise text(400, "This fabric is the default fabric, it cannot be deleted.")
        if subnets := networks.subnets_of(vlans):
            cidrs = ", ".join(sorted(subnet.cidr for subnet in subnets))
            raise text(400, f"Can't delete fabric; the following subnets are still present: {cidrs}")
        for vlan in vlans:
            del networks.vlans[vlan.id]
        del networks.fabrics[fabric.id]
        return deleted()


RESOURCES = for_admins(
    Resource(r"fabrics/", COLLECTION, {("GET", None): _list, ("POST", None): _create}),
    Resource(r"fabrics/([^/]+)/", ITEM, {("GET", None): _read, ("PUT", None): _update, ("DELETE", None): _delete}),
)
