"""Where the built images lie, and whether they are those that this version of Gough builds."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from gough.domain.errors import Unavailable

SOURCES = Path(__file__).resolve().parents[1]
BUILD = "make lab-image"


@dataclass(frozen=True, slots=True)
class Images:
    """Files. `disk` is a raw disk with one bootable partition, compressed by zstd; `disk_bytes` its size unpacked."""

    kernel: Path
    initrd: Path
    disk: Path
    disk_bytes: int


def folder() -> Path:
    """GOUGH_LAB_CACHE, else one in the user's cache. The name below it changes when the recipe does."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("GOUGH_LAB_CACHE") or Path(home) / "gough-lab") / f"debian-12-{recipe()[:12]}"


def recipe() -> str:
    """A hash of everything that decides what is built."""
    files = sorted([*(SOURCES / "image").glob("*.py"), *(SOURCES / "ephemeral").iterdir()])
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def load() -> Images:
    """Raises Unavailable when nothing is built yet."""
    where = folder()
    size = where / "disk.bytes"
    if not size.exists():
        raise Unavailable("lab", f"there is no image for real machines yet: build it once with `{BUILD}`")
    return Images(where / "vmlinuz", where / "initrd", where / "disk.zst", int(size.read_text()))
