"""An agent's last sample, as far as a page can show it.

A collector that failed leaves its part out, and an agent of another version may send other fields: what is not as
expected is left out here, never drawn wrong.
"""

from collections.abc import Mapping
from typing import Any

NUMBER, TEXT = (int, float), (str,)
PARTS: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "cpu": {"percent": NUMBER},
    "memory": {"memory_used_percent": NUMBER, "memory_used_bytes": NUMBER, "memory_total_bytes": NUMBER},
    "load": {"load_1m": NUMBER, "load_5m": NUMBER, "load_15m": NUMBER},
    "os": {"name": TEXT, "version": TEXT, "kernel": TEXT},
}
FILESYSTEM = {"mountpoint": TEXT, "total_bytes": NUMBER, "used_bytes": NUMBER}


def shown(sample: Mapping[str, Any] | None) -> dict[str, Any]:
    """{part: its fields, or None}, and `filesystems`; empty when the agent has sent nothing yet."""
    if not sample:
        return {}
    parts: dict[str, Any] = {
        name: part if _fits(part := sample.get(name), form) else None for name, form in PARTS.items()
    }
    disk = sample.get("disk")
    filesystems = disk.get("filesystems") if isinstance(disk, Mapping) else None
    parts["filesystems"] = [f for f in filesystems if _fits(f, FILESYSTEM)] if isinstance(filesystems, list) else []
    return parts


def _fits(part: object, form: Mapping[str, tuple[type, ...]]) -> bool:
    return isinstance(part, Mapping) and all(isinstance(part.get(name), kinds) for name, kinds in form.items())
