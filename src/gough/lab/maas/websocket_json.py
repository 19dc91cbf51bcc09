"""A machine as the websocket lists and pushes it: other keys and units than the API's."""

from typing import Any

from gough.lab.maas.machine import Machine
from gough.lab.maas.machine_json import DOMAIN

_TESTS = ("cpu", "memory", "network", "storage")
_UNTESTED = {"status": -1, "pending": -1, "running": -1, "passed": -1, "failed": -1}
_VLAN = {"id": 5001, "name": "untagged", "fabric_id": 0, "fabric_name": "fabric-0"}


def list_item(machine: Machine) -> dict[str, Any]:
    return {**_identity(machine), **_state(machine), **_hardware(machine), **_network(machine)}


def _identity(machine: Machine) -> dict[str, Any]:
    return {
        "id": machine.number,
        "system_id": machine.system_id,
        "hostname": machine.hostname,
        "fqdn": f"{machine.hostname}.{DOMAIN}",
        "description": machine.description,
        "domain": {"id": 0, "name": DOMAIN},
        "pool": {"id": 0, "name": machine.pool},
        "zone": {"id": 1, "name": machine.zone},
        "tags": list(machine.tags),
        "link_type": "machine",
        "parent": None,
        "pod": None,
        "permissions": ["edit", "delete"],
    }


def _state(machine: Machine) -> dict[str, Any]:
    return {
        "status": machine.status.label,
        "status_code": int(machine.status),
        "status_message": machine.status_message or "",
        "error_description": "",
        "owner": machine.owner or "",
        "locked": machine.locked,
        "power_state": machine.power_state,
        "power_type": machine.power_type,
        "osystem": machine.osystem,
        "distro_series": machine.distro_series,
        "actions": [],
        "testing_status": _UNTESTED,
        **{f"{name}_test_status": _UNTESTED for name in _TESTS},
    }


def _hardware(machine: Machine) -> dict[str, Any]:
    """Memory in GiB and storage in GB, rounded, as the pages show them."""
    found = machine.hardware
    disks = found.disk_bytes if found else ()
    return {
        "architecture": machine.architecture,
        "cpu_count": found.cpu_count if found else 0,
        "memory": round(found.memory_mib / 1024, 1) if found else 0,
        "physical_disk_count": len(disks),
        "storage": round(sum(disks) / 1e9, 1),
    }


def _network(machine: Machine) -> dict[str, Any]:
    first, *others = machine.mac_addresses or ("",)
    known = machine.hardware is not None
    return {
        "pxe_mac": first,
        "extra_macs": sorted(others),
        "ip_addresses": [{"ip": machine.address, "is_boot": True}] if machine.has_address else [],
        "vlan": _VLAN if known else None,
        "fabrics": ["fabric-0"] if known else [],
        "spaces": [],
    }
