"""`make lab-image`: build what real machines of the lab boot. Needs root, debootstrap, cpio, zstd, e2fsprogs and GRUB.

`make lab-image ARGS=DISK`: DISK is a raw or qcow2 disk to take instead of ours, an Ubuntu cloud image say.
"""

import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from gough.domain.errors import GoughError, Invalid
from gough.lab.qemu.image import cache, debian, disk, memory
from gough.lab.qemu.image.debian import run

LEVEL = "-6"


def build(given: Path | None = None) -> Path:
    """The folder with the images; left alone when it is there and no disk is given. Raises Invalid, Unavailable."""
    target = cache.folder()
    if (target / "disk.bytes").exists() and given is None:
        return target
    if os.geteuid() != 0:
        raise Invalid(
            "Building the image needs root.", hint="debootstrap makes device files and enters the new system."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="building-") as name:
        work, made = Path(name), Path(name) / "made"
        made.mkdir()
        root = Path(os.environ.get("GOUGH_LAB_ROOT") or work / "root")
        debian.make(root)
        shutil.copy(next((root / "boot").glob("vmlinuz-*")), made / "vmlinuz")
        shutil.copy(memory.make(root, work), made / "initrd")
        raw = disk.make(root, work) if given is None else _converted(given, work)
        (made / "disk.bytes").write_text(str(raw.stat().st_size))
        run("zstd", "-q", LEVEL, "-T0", "--check", str(raw), "-o", str(made / "disk.zst"))
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)
    return target


def _converted(given: Path, work: Path) -> Path:
    raw = work / "disk.raw"
    run("qemu-img", "convert", "-O", "raw", str(given), str(raw))
    return raw


def main(arguments: list[str]) -> int:
    began = time.monotonic()
    try:
        target = build(Path(arguments[0]) if arguments else None)
    except GoughError as error:
        sys.stderr.write(f"{error}\n{error.hint}\n")
        return 1
    files = ", ".join(f"{file.name} {file.stat().st_size // 1024**2} MiB" for file in sorted(target.iterdir()))
    sys.stdout.write(f"{target}: {files}; {time.monotonic() - began:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
