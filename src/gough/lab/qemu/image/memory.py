"""The small system that machines run in memory: busybox, zstd, the drivers of QEMU's devices, and `ephemeral/`."""

import gzip
import shutil
import subprocess
from pathlib import Path

from gough.lab.qemu.image.cache import SOURCES
from gough.lab.qemu.image.debian import ENVIRONMENT, run

DRIVERS = ("virtio_pci", "virtio_blk", "virtio_net", "virtio_rng", "ext4", "crc32c_generic")
FOLDERS = ("bin", "dev", "etc", "lib", "lib64", "mnt", "proc", "run", "sys", "tmp", "drivers")


def make(root: Path, work: Path) -> Path:
    """An initramfs, in `work`; programs and drivers are those of the system at `root`."""
    tree = work / "memory"
    shutil.rmtree(tree, ignore_errors=True)
    for name in FOLDERS:
        (tree / name).mkdir(parents=True)
    shutil.copy(root / "bin/busybox", tree / "bin/busybox")
    _with_libraries(root, "usr/bin/zstd", tree)
    _drivers(root, tree)
    for source in (SOURCES / "ephemeral").iterdir():
        target = tree / source.name
        shutil.copy(source, target)
        target.chmod(0o755)
    return _packed(tree, work / "initrd")


def _with_libraries(root: Path, program: str, tree: Path) -> None:
    shutil.copy(root / program, tree / "bin" / Path(program).name)
    said = run("chroot", str(root), "ldd", f"/{program}")
    for line in said.splitlines():
        path = next((word for word in line.split() if word.startswith("/")), None)
        if path is not None:
            target = tree / path.lstrip("/").removeprefix("usr/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / path.lstrip("/"), target)


def _drivers(root: Path, tree: Path) -> None:
    """In the order in which they have to be loaded, each after what it needs."""
    version = kernel_version(root)
    order: list[str] = []
    for driver in DRIVERS:
        said = run("chroot", str(root), "modprobe", "-S", version, "--show-depends", driver)
        paths = [line.split()[1] for line in said.splitlines() if line.startswith("insmod ")]
        order += [path for path in paths if path not in order]
    for number, path in enumerate(order):
        shutil.copy(root / path.lstrip("/"), tree / "drivers" / f"{number:02}-{Path(path).name}")


def kernel_version(root: Path) -> str:
    return sorted(path.name for path in (root / "lib/modules").iterdir())[-1]


def _packed(tree: Path, target: Path) -> Path:
    names = "\0".join(sorted(str(path.relative_to(tree)) for path in tree.rglob("*"))).encode()
    command = ["cpio", "--null", "--create", "--format=newc", "--owner=0:0", "--quiet"]
    made = subprocess.run(command, cwd=tree, input=names, capture_output=True, check=True, env=ENVIRONMENT)
    target.write_bytes(gzip.compress(made.stdout, compresslevel=9, mtime=0))
    return target
