"""Storage layouts: what each makes of the first disk, and how MAAS shows it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from gough.lab.maas.machine import Machine

MIB = 1024**2
BLOCK = 512
VG, LV = "vgroot", "lvroot"
DEFAULT = "flat"  # what commissioning leaves


@dataclass(frozen=True, slots=True)
class Part:
    """`mib` 0: the rest of the disk."""

    mib: int
    fstype: str | None = None
    label: str | None = None
    mount_point: str | None = None

    @property
    def used_for(self) -> str:
        if self.fstype == "lvm-pv":
            return f"LVM volume for {VG}"
        return f"{self.fstype} formatted filesystem mounted at {self.mount_point}" if self.fstype else "Unused"


BOOT = Part(512, "fat32", "efi", "/boot/efi")
ROOT = Part(0, "ext4", "root", "/")
# vmfs layouts are MAAS's table for ESXi, without the many small reserved partitions in it.
LAYOUTS: Mapping[str, tuple[Part, ...]] = {
    "flat": (BOOT, ROOT),
    "lvm": (BOOT, Part(0, "lvm-pv")),
    "blank": (),
    "vmfs6": (Part(3), Part(4096), Part(0)),
    "vmfs7": (Part(105), Part(4096), Part(0)),
}
# in MAAS's order, with what is missing for those that an ordinary machine cannot have
CHOICES = ("custom", "vmfs6", "vmfs7", "flat", "blank", "bcache", "lvm")
IMPOSSIBLE: Mapping[str, str] = {
    "custom": "No custom storage layout configuration found",
    "bcache": "Node doesn't have an available cache device to setup bcache.",
}


def partitions(machine: Machine, disk_id: int, disk_name: str, size: int) -> list[dict[str, Any]]:
    parts = LAYOUTS[machine.storage_layout]
    rest = size - (sum(part.mib for part in parts) + 4) * MIB
    return [
        _partition(machine, disk_id, f"{disk_name}-part{number}", number, part, part.mib * MIB or rest)
        for number, part in enumerate(parts, start=1)
    ]


def _partition(machine: Machine, disk_id: int, name: str, number: int, part: Part, size: int) -> dict[str, Any]:
    ident = disk_id * 10 + number
    return {
        "id": ident,
        "uuid": _uuid(name, ident),
        "size": size,
        "bootable": part is BOOT,
        "tags": [],
        "path": f"/dev/disk/by-dname/{name}",
        "system_id": machine.system_id,
        "type": "partition",
        "filesystem": _filesystem(part, ident),
        "device_id": disk_id,
        "used_for": part.used_for,
        "resource_uri": f"/MAAS/api/2.0/nodes/{machine.system_id}/blockdevices/{disk_id}/partition/{ident}",
    }


def _filesystem(part: Part, ident: int) -> dict[str, Any] | None:
    if part.fstype is None:
        return None
    return {
        "fstype": part.fstype,
        "label": part.label,
        "uuid": _uuid(part.fstype, ident),
        "mount_point": part.mount_point,
        "mount_options": None,
    }


def volume_groups(machine: Machine) -> list[dict[str, Any]]:
    if machine.storage_layout != "lvm":
        return []
    return [{"system_id": machine.system_id, "id": machine.number, "__incomplete__": True}]


def logical_volumes(machine: Machine, size: int) -> list[dict[str, Any]]:
    """The block devices a layout makes beside the physical ones."""
    if machine.storage_layout != "lvm":
        return []
    ident, usable = machine.number * 100 + 99, size - 516 * MIB
    return [
        {
            "id": ident, "name": f"{VG}-{LV}", "type": "virtual", "path": f"/dev/disk/by-dname/{VG}-{LV}",
            "id_path": None, "size": usable, "block_size": 4096, "available_size": 0, "used_size": usable,
            "used_for": ROOT.used_for, "model": None, "serial": None, "uuid": _uuid(LV, ident), "tags": [],
            "filesystem": _filesystem(ROOT, ident), "partition_table_type": None, "partitions": [],
            "numa_node": None, "storage_pool": None, "system_id": machine.system_id,
            "resource_uri": f"/MAAS/api/2.0/nodes/{machine.system_id}/blockdevices/{ident}/",
        }
    ]  # fmt: skip


@cache
def _uuid(name: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name}:{number}"))
