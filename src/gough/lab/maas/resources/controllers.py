"""Rack controllers, and the DNS domain everything is in."""

from typing import Any

from gough.lab.maas import parts_json as parts
from gough.lab.maas.call import Call, Resource
from gough.lab.maas.catalogue import Rack
from gough.lab.maas.machine_json import DOMAIN
from gough.lab.maas.resources.common import one
from gough.lab.maas.scripts import status_fields
from gough.lab.maas.wire import Answer, json_answer, not_found

_SERVICES = ("rackd", "http", "tftp", "dhcpd", "dhcpd6", "dns_rack", "ntp_rack", "proxy_rack", "syslog_rack")
_TESTS = ("testing", "cpu_test", "memory_test", "network_test", "interface_test", "storage_test", "other_test")
_NOTHING: dict[str, Any] = {
    "cpu_count": 0, "cpu_speed": 0, "memory": 0, "power_state": "unknown", "power_type": "", "description": "",
    "swap_size": None, "status_action": None, "hardware_uuid": None, "interface_set": [], "tag_names": [],
    "current_commissioning_result_id": None, "current_testing_result_id": None,
    "current_installation_result_id": None, "commissioning_status": 0, "commissioning_status_name": "Pending",
}  # fmt: skip


def _json(call: Call, rack: Rack) -> dict[str, Any]:
    tests = {name: value for test in _TESTS for name, value in status_fields(test, None).items()}
    return {
        **_NOTHING,
        **tests,
        "system_id": rack.system_id,
        "hostname": rack.hostname,
        "fqdn": f"{rack.hostname}.{DOMAIN}",
        "domain": parts.domain(),
        "zone": parts.zone("default"),
        "node_type": 2,
        "node_type_name": "Rack controller",
        "architecture": "amd64/generic",
        "osystem": "ubuntu",
        "distro_series": "jammy",
        "version": call.region.version,
        "hardware_info": parts.hardware_info(None),
        "service_set": [{"name": name, "status": "running", "status_info": ""} for name in _SERVICES],
        "resource_uri": f"/MAAS/api/2.0/rackcontrollers/{rack.system_id}/",
    }


def _rack(call: Call) -> Rack:
    for rack in call.region.core.catalogue.racks:
        if rack.system_id == call.id:
            return rack
    raise not_found("RackController")


def _list(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer([_json(call, rack) for rack in call.region.core.catalogue.racks])


def _read(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(_json(call, _rack(call)))


def _boot_images(call: Call) -> Answer:
    """One image a release and architecture; bootloaders are not listed."""
    with call.region.core.lock:
        _rack(call)
        kernels: dict[tuple[str, str], set[str]] = {}
        for resource in call.region.core.catalogue.boot_resources.values():
            if resource.title:
                architecture, _, kernel = resource.architecture.partition("/")
                kernels.setdefault((resource.name, architecture), {"generic"}).add(kernel)
        images = [
            {"name": name, "architecture": architecture, "subarches": sorted(found)}
            for (name, architecture), found in kernels.items()
        ]
        return json_answer({"images": images, "connected": True, "status": "synced"})


def _domains(_call: Call) -> Answer:
    return json_answer([parts.domain()])


def _domain(call: Call) -> Answer:
    return json_answer(one({0: parts.domain()}, call.id, "Domain"))


RESOURCES = (
    Resource(r"rackcontrollers/", ("POST", "GET"), {("GET", None): _list}),
    Resource(
        r"rackcontrollers/([^/]+)/", ("PUT", "POST", "GET", "DELETE"),
        {("GET", None): _read, ("GET", "list_boot_images"): _boot_images},
    ),
    Resource(r"domains/", ("GET",), {("GET", None): _domains}),
    Resource(r"domains/([^/]+)/", ("GET",), {("GET", None): _domain}),
)  # fmt: skip
