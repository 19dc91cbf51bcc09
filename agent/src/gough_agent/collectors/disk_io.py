"""Input and output of each whole disk since boot, from /proc/diskstats through psutil."""

import os
from typing import Any

import psutil

from gough_agent.collector import Sample, collector

NOT_DISKS = ("loop", "ram", "zram", "sr", "fd")


@collector("disk_io")
def collect() -> Sample:
    """{"disks": [...]}, by name, without partitions. `busy_seconds` over a span of time is the disk's utilisation."""
    found = psutil.disk_io_counters(perdisk=True) or {}
    return {"disks": [_disk(name, counted) for name, counted in sorted(found.items()) if _is_disk(name)]}


def _is_disk(name: str) -> bool:
    return not name.startswith(NOT_DISKS) and os.path.isdir(f"/sys/block/{name}")  # noqa: PTH112 — never raises


def _disk(name: str, counted: Any) -> Sample:
    return {
        "name": name,
        "read_bytes": counted.read_bytes,
        "written_bytes": counted.write_bytes,
        "read_count": counted.read_count,
        "write_count": counted.write_count,
        "read_seconds": counted.read_time / 1000,
        "write_seconds": counted.write_time / 1000,
        "busy_seconds": counted.busy_time / 1000,
    }
