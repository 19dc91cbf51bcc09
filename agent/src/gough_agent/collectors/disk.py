"""Every real mounted filesystem, and the input and output of all disks since boot. Sizes in bytes."""

import os

import psutil

from gough_agent.collector import Json, Sample, collector

READ_ONLY_IMAGES = frozenset({"squashfs", "iso9660", "erofs"})  # always full, by design


@collector("disk", may_hang=True)
def collect() -> Sample:
    """`filesystems_unreadable` lists the mountpoints that this user may not look at."""
    filesystems: list[Json] = []
    unreadable: list[Json] = []
    for device, mountpoint, kind in _mounts():
        try:
            filesystems.append(_filesystem(device, mountpoint, kind))
        except OSError:
            unreadable.append(mountpoint)
    return {"filesystems": filesystems, "filesystems_unreadable": unreadable, **_totals()}


def _mounts() -> list[tuple[str, str, str]]:
    """(device, mountpoint, kind), once for each device, at its shortest mountpoint, and always the root.

    A service with a namespace of its own sees the same filesystem many times. Network filesystems aren't
    asked for: asking one whose server is gone hangs. (So does a disk that fails: this runs under a deadline.)
    """
    best: dict[str, tuple[str, str, str]] = {}
    for part in psutil.disk_partitions(all=False):
        if part.fstype in READ_ONLY_IMAGES or not os.path.isdir(part.mountpoint):  # noqa: PTH112 — never raises
            continue
        known = best.get(part.device)
        if known is None or len(part.mountpoint) < len(known[1]):
            best[part.device] = (part.device, part.mountpoint, part.fstype)
    if not any(mountpoint == "/" for _, mountpoint, _ in best.values()):
        best[""] = ("", "/", "")  # a container's overlay
    return sorted(best.values(), key=lambda mount: mount[1])


def _filesystem(device: str, mountpoint: str, kind: str) -> Sample:
    """`available_bytes` is what a user gets; the rest up to `total_bytes` is kept for root."""
    found = os.statvfs(mountpoint)
    return {
        "mountpoint": mountpoint,
        "device": device,
        "type": kind,
        "total_bytes": found.f_blocks * found.f_frsize,
        "used_bytes": (found.f_blocks - found.f_bfree) * found.f_frsize,
        "available_bytes": found.f_bavail * found.f_frsize,
        "inodes_total": found.f_files,  # 0 where the filesystem has no fixed number, as btrfs
        "inodes_used": found.f_files - found.f_ffree,
    }


def _totals() -> dict[str, Json]:
    """Counters since boot over all disks; zeros on a machine without any."""
    total = psutil.disk_io_counters()
    return {
        "read_bytes": total.read_bytes if total else 0,
        "written_bytes": total.write_bytes if total else 0,
        "read_count": total.read_count if total else 0,
        "write_count": total.write_count if total else 0,
    }
