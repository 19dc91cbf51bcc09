"""Disks and their health. What the kernel shows everybody, and SMART where this user may open the disk.

The service may not: it runs without privileges and without devices, and then says `readable: false`.
"""

import json
import os
from pathlib import Path
from typing import Any

from gough_agent import host
from gough_agent.collector import HOUR, Json, Sample, collector
from gough_agent.collectors.disk_io import NOT_DISKS
from gough_agent.program import run

VIRTUAL = (*NOT_DISKS, "dm-", "md", "nbd", "zd")
SECTOR_BYTES = 512  # /sys/block/*/size counts in these, whatever the disk has
ANY_STATUS = range(256)  # smartctl(8): most bits tell of the disk; when it could not ask, its JSON lacks the health
REALLOCATED = 5  # the attribute's number
UNKNOWN: dict[str, Json] = {
    "readable": False, "healthy": None, "temperature_celsius": None, "power_on_hours": None,
    "reallocated_sectors": None, "used_percent": None,
}  # fmt: skip


@collector("smart", every=HOUR, may_hang=True)
def collect() -> Sample:
    """{"disks": [...]}, by name. `used_percent` is of an SSD's life."""
    folder = Path("/sys/block")
    names = sorted(os.listdir(folder)) if folder.is_dir() else []  # noqa: PTH208
    return {"disks": [_disk(folder / name) for name in names if not name.startswith(VIRTUAL)]}


def _disk(folder: Path) -> Sample:
    return {
        "name": folder.name,
        "model": _read(folder / "device/model"),
        "state": _read(folder / "device/state"),
        "rotational": _read(folder / "queue/rotational") == "1",
        "size_bytes": int(_read(folder / "size") or 0) * SECTOR_BYTES,
        **_smart(folder.name),
    }


def _smart(name: str) -> dict[str, Json]:
    device = f"/dev/{name}"
    if not host.is_here() or not os.access(device, os.R_OK) or not os.access("/usr/sbin/smartctl", os.X_OK):
        return UNKNOWN
    return _told(json.loads(run(("smartctl", "--json", "--health", "--attributes", device), accept=ANY_STATUS)))


def _told(said: dict[str, Any]) -> dict[str, Json]:
    """smartctl's own JSON, as smartmontools 7 writes it."""
    if "smart_status" not in said:
        return UNKNOWN
    table = said.get("ata_smart_attributes", {}).get("table", [])
    return {
        "readable": True,
        "healthy": said["smart_status"].get("passed"),
        "temperature_celsius": said.get("temperature", {}).get("current"),
        "power_on_hours": said.get("power_on_time", {}).get("hours"),
        "reallocated_sectors": next((row["raw"]["value"] for row in table if row["id"] == REALLOCATED), None),
        "used_percent": said.get("nvme_smart_health_information_log", {}).get("percentage_used"),
    }


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return None
