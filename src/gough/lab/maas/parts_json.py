"""The nested parts of a machine's JSON: interfaces, disks, hardware, in MAAS's shapes."""

from functools import cache
from math import ceil
from typing import Any

import orjson

from gough.lab.maas import storage
from gough.lab.maas.machine import Hardware, Link, Machine, Nic
from gough.lab.maas.network_json import subnet_json, vlan_json
from gough.lab.maas.networks import Networks
from gough.lab.maas.storage import BLOCK

UNKNOWN = "Unknown"
_API = "/MAAS/api/2.0"
_MANY = list(range(64))
_LONG = len(orjson.dumps({"index": 0, "memory": 0, "cores": _MANY, "hugepages_set": []}))  # at least so long is each


def interfaces(networks: Networks, machine: Machine) -> list[dict[str, Any]]:
    return [interface(networks, machine, nic) for nic in machine.nics]


def interface(networks: Networks, machine: Machine, nic: Nic) -> dict[str, Any]:
    speed = 10000 if machine.hardware else 0
    vlan = networks.vlans.get(nic.vlan_id) if nic.vlan_id is not None else None
    return {
        "id": nic.id,
        "name": nic.name,
        "type": "physical",
        "mac_address": nic.mac_address,
        "enabled": True,
        "link_connected": True,
        "link_speed": speed,
        "interface_speed": speed,
        "effective_mtu": vlan.mtu if vlan else 1500,
        "parents": [],
        "children": [],
        "params": {},
        "tags": [],
        "vendor": None,
        "product": None,
        "firmware_version": None,
        "numa_node": 0,
        "sriov_max_vf": 0,
        "vlan": vlan_json(networks, vlan) if vlan else None,
        "links": [_link(networks, link) for link in nic.links],
        "discovered": None,
        "system_id": machine.system_id,
        "resource_uri": f"{_API}/nodes/{machine.system_id}/interfaces/{nic.id}/",
    }


def _link(networks: Networks, link: Link) -> dict[str, Any]:
    """A subnet and an address only where there are some."""
    subnet = networks.subnets.get(link.subnet_id) if link.subnet_id is not None else None
    return {
        "id": link.id,
        "mode": link.mode,
        **({"ip_address": link.ip_address} if link.ip_address else {}),
        **({"subnet": subnet_json(networks, subnet)} if subnet else {}),
    }


def disks(machine: Machine) -> list[dict[str, Any]]:
    sizes = machine.hardware.disk_bytes if machine.hardware else ()
    return [_disk(machine, index, size) for index, size in enumerate(sizes)]


def _disk(machine: Machine, index: int, size: int) -> dict[str, Any]:
    name, number = f"sd{chr(ord('a') + index)}", machine.number * 100 + index
    parts = storage.partitions(machine, number, name, size) if index == 0 else []
    used = sum(part["size"] for part in parts)
    return {
        "id": number,
        "name": name,
        "type": "physical",
        "path": f"/dev/disk/by-dname/{name}",
        "id_path": f"/dev/{name}",
        "size": size,
        "block_size": BLOCK,
        "available_size": 0 if parts else size - size % BLOCK,
        "used_size": used,
        "used_for": f"GPT partitioned with {len(parts)} partitions" if parts else "Unused",
        "model": "",
        "serial": "",
        "firmware_version": None,
        "uuid": None,
        "tags": ["ssd"],
        "filesystem": None,
        "partition_table_type": "GPT" if parts else None,
        "partitions": parts,
        "numa_node": 0,
        "storage_pool": None,
        "system_id": machine.system_id,
        "resource_uri": f"{_API}/nodes/{machine.system_id}/blockdevices/{number}/",
    }


def hardware_info(found: Hardware | None) -> dict[str, str]:
    info = dict.fromkeys(
        (
            "system_vendor", "system_product", "system_family", "system_version", "system_sku", "system_serial",
            "cpu_model", "mainboard_vendor", "mainboard_product", "mainboard_serial", "mainboard_version",
            "mainboard_firmware_vendor", "mainboard_firmware_date", "mainboard_firmware_version", "chassis_vendor",
            "chassis_type", "chassis_serial", "chassis_version",
        ),
        UNKNOWN,
    )  # fmt: skip
    if found is not None:
        info |= {"system_vendor": found.vendor, "system_product": found.product, "system_serial": found.serial}
        info["cpu_model"] = found.cpu_model
    return info


def zone(name: str, number: int = 1, description: str = "") -> dict[str, Any]:
    uri = f"{_API}/zones/{name}/"
    return {"name": name, "description": description, "id": number, "resource_uri": uri}


def pool(name: str, number: int = 0, description: str = "Default pool") -> dict[str, Any]:
    uri = f"{_API}/resourcepool/{number}/"
    return {"name": name, "description": description, "id": number, "resource_uri": uri}


def domain() -> dict[str, Any]:
    return {
        "authoritative": True, "ttl": None, "name": "maas", "id": 0, "is_default": True, "resource_record_count": 0,
        "resource_uri": f"{_API}/domains/0/",
    }  # fmt: skip


def numa_nodes(found: Hardware | None) -> list[dict[str, Any]]:
    cores = list(range(found.cpu_count)) if found else []
    return [{"index": 0, "memory": found.memory_mib if found else 0, "cores": cores, "hugepages_set": []}]


def many_numa_nodes(found: Hardware | None, missing: int) -> orjson.Fragment:
    """The same with so many bytes more, as those of a machine with very many nodes."""
    (first,) = numa_nodes(found)
    return _written(len(first["cores"]), first["memory"], ceil(missing / _LONG))


@cache
def _written(cpu_count: int, memory: int, others: int) -> orjson.Fragment:
    """Most of what a list of machines consists of, and alike in most of them: written once."""
    node = {"memory": memory, "hugepages_set": []}
    many = [{"index": number, "cores": _MANY, **node} for number in range(1, others + 1)]
    return orjson.Fragment(orjson.dumps([{"index": 0, "cores": list(range(cpu_count)), **node}, *many]))
