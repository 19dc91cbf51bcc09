"""A raw disk with one partition and GRUB before it, without a loop device: everything is written at its place.

GRUB's manual, "BIOS installation": boot.img is the first sector, core.img lies in the gap behind it.
"""

import struct
from pathlib import Path

from gough.lab.qemu.image.debian import run

SECTOR = 512
MIB = 1024**2
START = 2048  # sectors; where the partition begins, and core.img has to end
CODE = 440  # bytes of the first sector that are boot.img's; the rest is the partition table
ROOM = 160 * MIB  # what the file system has to spare until cloud-init grows it
MODULES = ("biosdisk", "part_msdos", "ext2", "linux", "normal", "serial", "terminal", "echo", "boot", "configfile")
LINUX, ACTIVE = 0x83, 0x80


def make(root: Path, work: Path) -> Path:
    """The disk's file, in `work`."""
    system, disk = work / "system.ext4", work / "disk.raw"
    used = int(run("du", "-s", "-B1", "-x", str(root)).split()[0])
    size = (int(used * 1.12) + ROOM) // MIB * MIB
    run("mke2fs", "-q", "-t", "ext4", "-L", "root", "-m", "0", "-d", str(root), str(system), f"{size // 1024}k")
    core = work / "core.img"
    run("grub-mkimage", "-d", str(root / "usr/lib/grub/i386-pc"), "-O", "i386-pc", "-o", str(core),
        "-p", "(hd0,msdos1)/boot/grub", *MODULES)  # fmt: skip
    loader = core.read_bytes()
    assert SECTOR + len(loader) <= START * SECTOR, "GRUB's core.img does not fit before the partition"
    with disk.open("wb") as file:
        file.write(_first_sector((root / "usr/lib/grub/i386-pc/boot.img").read_bytes(), size // SECTOR))
        file.write(loader)
        file.truncate(START * SECTOR + size)
    run("dd", f"if={system}", f"of={disk}", "bs=1M", f"seek={START * SECTOR // MIB}", "conv=sparse,notrunc")
    system.unlink()
    return disk


def _first_sector(boot: bytes, sectors: int) -> bytes:
    """boot.img's code, one partition, and the mark of a boot sector."""
    entry = struct.pack("<B3sB3sII", ACTIVE, b"\xfe\xff\xff", LINUX, b"\xfe\xff\xff", START, sectors)
    identity = b"GOUG\0\0"
    return boot[:CODE] + identity + entry.ljust(64, b"\0") + b"\x55\xaa"
