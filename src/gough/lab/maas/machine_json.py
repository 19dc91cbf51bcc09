"""A machine as `GET machines/{system_id}/` answers it: 77 fields, every one of them always there."""

from typing import Any

from gough.lab.maas import parts_json as parts
from gough.lab.maas import storage
from gough.lab.maas.catalogue import Catalogue
from gough.lab.maas.core import Core
from gough.lab.maas.machine import Machine
from gough.lab.maas.scripts import COMMISSIONING, INSTALLATION, TESTING, ScriptSet, status_fields

DOMAIN = "maas"
_SINGLE_TESTS = ("cpu_test", "memory_test", "network_test", "interface_test", "other_test")
_NEVER_USED: dict[str, Any] = {
    "address_ttl": None, "bcaches": [], "cache_sets": [], "disable_ipv4": False, "enable_hw_sync": False,
    "last_sync": None, "next_sync": None, "parent": None, "pod": None, "raids": [],
    "special_filesystems": [], "swap_size": None, "sync_interval": None, "virtualmachine_id": None,
}  # fmt: skip


def machine_json(core: Core, machine: Machine) -> dict[str, Any]:
    return {
        **_NEVER_USED,
        **_identity(core.catalogue, machine),
        **_state(machine),
        **_power_and_system(machine),
        **_hardware(core.catalogue, machine),
        **_results(machine),
    }


def _identity(catalogue: Catalogue, machine: Machine) -> dict[str, Any]:
    zone, pool = catalogue.zones[machine.zone], catalogue.pools[machine.pool]
    return {
        "system_id": machine.system_id,
        "hostname": machine.hostname,
        "fqdn": f"{machine.hostname}.{DOMAIN}",
        "description": machine.description,
        "domain": parts.domain(),
        "zone": parts.zone(zone.name, zone.id, zone.description),
        "pool": parts.pool(pool.name, pool.id, pool.description),
        "tag_names": list(machine.tags),
        "node_type": 0,
        "node_type_name": "Machine",
        "resource_uri": f"/MAAS/api/2.0/machines/{machine.system_id}/",
    }


def _state(machine: Machine) -> dict[str, Any]:
    return {
        "status": int(machine.status),
        "status_name": machine.status.label,
        "status_message": machine.status_message,
        "status_action": machine.status_action,
        "owner": machine.owner,
        "owner_data": dict(machine.owner_data),
        "workload_annotations": dict(machine.owner_data),
        "locked": machine.locked,
    }


def _power_and_system(machine: Machine) -> dict[str, Any]:
    return {
        "power_state": machine.power_state,
        "power_type": machine.power_type,
        "netboot": machine.netboot,
        "ephemeral_deploy": machine.ephemeral,
        "osystem": machine.osystem,
        "distro_series": machine.distro_series,
        "hwe_kernel": machine.hwe_kernel,
        "min_hwe_kernel": machine.min_hwe_kernel,
    }


def _hardware(catalogue: Catalogue, machine: Machine) -> dict[str, Any]:
    found, nics, disks = machine.hardware, parts.interfaces(catalogue.networks, machine), parts.disks(machine)
    volumes = storage.logical_volumes(machine, disks[0]["size"]) if disks else []
    return {
        "architecture": machine.architecture,
        "cpu_count": found.cpu_count if found else 0,
        "cpu_speed": found.cpu_speed_mhz if found else 0,
        "memory": found.memory_mib if found else 0,
        "storage": sum(disk["size"] for disk in disks) / 1e6,
        "hardware_uuid": found.hardware_uuid if found else None,
        "hardware_info": parts.hardware_info(found),
        "bios_boot_method": found.boot_method if found else None,
        "boot_interface": nics[0] if nics else None,
        "interface_set": nics,
        "default_gateways": {
            "ipv4": {"gateway_ip": None, "link_id": None},
            "ipv6": {"gateway_ip": None, "link_id": None},
        },
        "boot_disk": disks[0] if disks else None,
        "blockdevice_set": [*disks, *volumes],
        "physicalblockdevice_set": disks,
        "virtualblockdevice_set": volumes,
        "volume_groups": storage.volume_groups(machine) if disks else [],
        "numanode_set": parts.numa_nodes(found),
    }


def _results(machine: Machine) -> dict[str, Any]:
    installation, testing = machine.current(INSTALLATION), machine.current(TESTING)
    commissioning = machine.current(COMMISSIONING)
    fields = {
        "current_commissioning_result_id": _id(commissioning),
        "current_testing_result_id": _id(testing),
        "current_installation_result_id": _id(installation) if machine.osystem else None,
        **status_fields("commissioning", commissioning),
        **status_fields("testing", testing),
        **status_fields("storage_test", testing),  # the one default test is of the disks
    }
    for name in _SINGLE_TESTS:
        fields |= status_fields(name, None)
    return fields


def _id(one: ScriptSet | None) -> int | None:
    return one.id if one else None
