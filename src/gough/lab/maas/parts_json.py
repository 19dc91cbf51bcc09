"""The nested parts of a machine's JSON: interfaces, disks, hardware, in MAAS's shapes."""

from typing import Any

from gough.lab.maas.machine import Hardware, Machine

UNKNOWN = "Unknown"
BLOCK = 512
_API = "/MAAS/api/2.0"
_VLAN = {
    "vid": 0, "mtu": 1500, "dhcp_on": True, "external_dhcp": None, "relay_vlan": None, "primary_rack": "rack01",
    "secondary_rack": None, "fabric": "fabric-0", "fabric_id": 0, "space": "undefined", "name": "untagged", "id": 5001,
    "resource_uri": f"{_API}/vlans/5001/",
}  # fmt: skip
_SUBNET = {
    "name": "10.64.0.0/16", "description": "", "vlan": _VLAN, "cidr": "10.64.0.0/16", "rdns_mode": 2,
    "gateway_ip": None, "dns_servers": [], "allow_dns": True, "allow_proxy": True, "active_discovery": False,
    "managed": True, "disabled_boot_architectures": [], "id": 1, "space": "undefined",
    "resource_uri": f"{_API}/subnets/1/",
}  # fmt: skip


def interfaces(machine: Machine) -> list[dict[str, Any]]:
    return [_interface(machine, index, mac) for index, mac in enumerate(machine.mac_addresses)]


def _interface(machine: Machine, index: int, mac: str) -> dict[str, Any]:
    known = machine.hardware is not None
    number = machine.number * 100 + index
    return {
        "id": number,
        "name": f"eth{index}",
        "type": "physical",
        "mac_address": mac,
        "enabled": True,
        "link_connected": True,
        "link_speed": 10000 if known else 0,
        "interface_speed": 10000 if known else 0,
        "effective_mtu": 1500,
        "parents": [],
        "children": [],
        "params": {},
        "tags": [],
        "vendor": None,
        "product": None,
        "firmware_version": None,
        "numa_node": 0,
        "sriov_max_vf": 0,
        "vlan": _VLAN if known and index == 0 else None,
        "links": [_link(machine, number)] if machine.has_address and index == 0 else [],
        "discovered": None,
        "system_id": machine.system_id,
        "resource_uri": f"{_API}/nodes/{machine.system_id}/interfaces/{number}/",
    }


def _link(machine: Machine, number: int) -> dict[str, Any]:
    return {"id": number, "mode": "auto", "ip_address": machine.address, "subnet": _SUBNET}


def disks(machine: Machine) -> list[dict[str, Any]]:
    sizes = machine.hardware.disk_bytes if machine.hardware else ()
    return [_disk(machine, index, size) for index, size in enumerate(sizes)]


def _disk(machine: Machine, index: int, size: int) -> dict[str, Any]:
    name, number = f"sd{chr(ord('a') + index)}", machine.number * 100 + index
    return {
        "id": number,
        "name": name,
        "type": "physical",
        "path": f"/dev/disk/by-dname/{name}",
        "id_path": f"/dev/{name}",
        "size": size,
        "block_size": BLOCK,
        "available_size": size - size % BLOCK,
        "used_size": 0,
        "used_for": "Unused",
        "model": "",
        "serial": "",
        "firmware_version": None,
        "uuid": None,
        "tags": ["ssd"],
        "filesystem": None,
        "partition_table_type": None,
        "partitions": [],
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


def zone(name: str) -> dict[str, Any]:
    return {"name": name, "description": "", "id": 1, "resource_uri": f"{_API}/zones/{name}/"}


def pool(name: str) -> dict[str, Any]:
    described = "Default pool" if name == "default" else ""
    return {"name": name, "description": described, "id": 0, "resource_uri": f"{_API}/resourcepool/0/"}


def domain() -> dict[str, Any]:
    return {
        "authoritative": True, "ttl": None, "name": "maas", "id": 0, "is_default": True, "resource_record_count": 0,
        "resource_uri": f"{_API}/domains/0/",
    }  # fmt: skip


def numa_nodes(found: Hardware | None) -> list[dict[str, Any]]:
    cores = list(range(found.cpu_count)) if found else []
    return [{"index": 0, "memory": found.memory_mib if found else 0, "cores": cores, "hugepages_set": []}]
