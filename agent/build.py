"""Build the agent's archives: our package, psutil, the systemd unit. Nothing to install on the server but Python.

The same input gives the same bytes. For this machine's architecture psutil comes from the running environment,
without network; for others from its wheel, checked against the hashes in requirements/runtime.txt.
"""

import argparse
import gzip
import hashlib
import importlib.metadata
import io
import platform
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

AGENT = Path(__file__).resolve().parent
REQUIREMENTS = AGENT.parent / "requirements" / "runtime.txt"
ARCHES = ("x86_64", "aarch64")
MTIME = 1577836800  # 2020-01-01; tar complains about 1970


class BuildFailed(Exception):
    """The message says what to do."""


def build(out: Path, arches: Sequence[str]) -> dict[str, str]:
    """Write the archives and SHA256SUMS to `out`; {archive's name: its SHA-256 in hexadecimal}.

    Raises BuildFailed.
    """
    out.mkdir(parents=True, exist_ok=True)
    sums = {}
    for arch in sorted(set(arches)):
        name, content = f"gough-agent-linux-{arch}.tar.gz", _archive(_files(arch))
        _replace(out / name, content)
        sums[name] = hashlib.sha256(content).hexdigest()
    _replace(out / "SHA256SUMS", "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode())
    return sums


def _files(arch: str) -> dict[str, bytes]:
    """{path within the top folder: content}."""
    package = AGENT / "src" / "gough_agent"
    ours = {f"gough_agent/{path.relative_to(package).as_posix()}": path.read_bytes() for path in package.rglob("*.py")}
    version = re.search(r'__version__ = "(.+)"', (package / "__init__.py").read_text(encoding="utf-8"))
    assert version is not None
    return {
        **ours,
        **(_installed_psutil(arch) or _downloaded_psutil(arch)),
        "gough-agent.service": (AGENT / "systemd" / "gough-agent.service").read_bytes(),
        "VERSION": f"{version[1]}\n".encode(),
    }


def _archive(files: Mapping[str, bytes]) -> bytes:
    tarred = io.BytesIO()
    with tarfile.open(fileobj=tarred, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(f"gough-agent/{name}")  # owner root, no times but ours
            entry.size, entry.mtime, entry.mode = len(content), MTIME, 0o644
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(tarred.getvalue(), compresslevel=9, mtime=0)


def _replace(path: Path, content: bytes) -> None:
    """Whoever serves the file meanwhile sees the old or the new one, whole."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)


def _requirement() -> str:
    """psutil's lines of the lock file: its version and hashes."""
    found = re.search(r"^psutil==(?:.*\\\n)*.*\n", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise BuildFailed(f"{REQUIREMENTS} does not lock psutil: compile the requirements again")
    return found[0]


def _installed_psutil(arch: str) -> dict[str, bytes] | None:
    """None unless what is installed is the locked version's manylinux wheel for that architecture."""
    try:
        found = importlib.metadata.distribution("psutil")
    except importlib.metadata.PackageNotFoundError:
        return None
    wheel_tags = (found.read_text("WHEEL") or "").splitlines()
    fits = any("manylinux" in tag and tag.endswith(f"_{arch}") for tag in wheel_tags)
    if not fits or not _requirement().startswith(f"psutil=={found.version} "):
        return None
    paths = {str(path): Path(str(found.locate_file(path))) for path in found.files or ()}
    return {target: paths[name].read_bytes() for name, target in _wanted(paths)}


def _downloaded_psutil(arch: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        one = Path(folder, "psutil.txt")
        one.write_text(_requirement(), encoding="utf-8")
        platforms = [f"--platform={name}_{arch}" for name in ("manylinux2014", "manylinux_2_28")]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary=:all:", "--require-hashes", f"--dest={folder}", f"--requirement={one}", *platforms]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise BuildFailed(f"pip could not fetch psutil for {arch}: {done.stderr.strip().splitlines()[-1:]}")
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as content:
            return {target: content.read(name) for name, target in _wanted(content.namelist())}


def _wanted(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(name in the wheel, name in the archive): what psutil needs to run, and the licence it asks to keep with it."""
    for name in names:
        parts = name.split("/")
        if parts[0] == "psutil" and parts[1] != "tests" and name.endswith((".py", ".so")):
            yield name, name
        elif parts[0].endswith(".dist-info") and parts[-1] == "LICENSE":
            yield name, "psutil/LICENSE"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True, help="folder for the archives, made if need be")
    parser.add_argument("--arch", action="append", choices=ARCHES, help="may be repeated; default: this machine's")
    parser.add_argument("--all", action="store_true", help="every architecture")
    options = parser.parse_args()
    try:
        sums = build(options.out, ARCHES if options.all else options.arch or [platform.machine()])
    except BuildFailed as problem:
        print(f"build.py: {problem}", file=sys.stderr)
        return 1
    for name, digest in sums.items():
        print(f"{digest}  {options.out / name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
