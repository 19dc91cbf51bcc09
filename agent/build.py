"""Build the agent's packages and archives: our package, psutil, the systemd units. They need nothing but Python.

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
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

AGENT = Path(__file__).resolve().parent
sys.path.insert(0, str(AGENT))
import deb  # beside this script, wherever it is started from

REQUIREMENTS = AGENT.parent / "requirements" / "runtime.txt"
ARCHES = {"x86_64": "amd64", "aarch64": "arm64"}  # the kernel's name: Debian's
MTIME = deb.MTIME  # tar complains about 1970
HOME = "usr/lib/gough-agent"
SCRIPTS = ("postinst", "prerm", "postrm")
CONFFILE = "etc/gough-agent/options.env"


class BuildFailed(Exception):
    """The message says what to do."""


def build(out: Path, arches: Iterable[str], upgrade_key: Path | None = None) -> dict[str, str]:
    """Write packages, archives and SHA256SUMS to `out`; {file's name: its SHA-256 in hexadecimal}.

    Only packages with the public key `upgrade_key` in them can be upgraded by a server. Raises BuildFailed.
    """
    out.mkdir(parents=True, exist_ok=True)
    sums = {}
    for arch in sorted(set(arches)):
        code = _code(arch)
        built = {
            f"gough-agent-linux-{arch}.tar.gz": _archive(code),
            f"gough-agent_{_version()}_{ARCHES[arch]}.deb": _package(code, ARCHES[arch], upgrade_key),
        }
        for name, content in built.items():
            _replace(out / name, content)
            sums[name] = hashlib.sha256(content).hexdigest()
    _replace(out / "SHA256SUMS", "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode())
    return sums


def _version() -> str:
    text = (AGENT / "src" / "gough_agent" / "__init__.py").read_text(encoding="utf-8")
    version = re.search(r'__version__ = "(.+)"', text)
    assert version is not None
    return version[1]


def _code(arch: str) -> dict[str, bytes]:
    """{path from the folder that Python is told of: content}."""
    package = AGENT / "src" / "gough_agent"
    ours = {f"gough_agent/{path.relative_to(package).as_posix()}": path.read_bytes() for path in package.rglob("*.py")}
    return {**ours, **(_installed_psutil(arch) or _downloaded_psutil(arch))}


def _package(code: Mapping[str, bytes], architecture: str, upgrade_key: Path | None) -> bytes:
    debian, unit = AGENT / "debian", _unit("gough-agent.service")
    settings = b"EnvironmentFile=/etc/gough-agent/agent.env\n"
    unit = unit.replace(b"/opt/gough-agent", f"/{HOME}".encode())
    # systemctl asks over D-Bus, whose daemon may not know a dynamic user: a package can have one of its own.
    unit = unit.replace(b"DynamicUser=yes\n", b"User=gough-agent\nGroup=gough-agent\nRemoveIPC=yes\n")
    unit = unit.replace(settings, b"EnvironmentFile=-/" + CONFFILE.encode() + b"\n" + settings)
    changelog = f"gough-agent ({_version()}) stable; urgency=medium\n\n  * See Gough's own changelog.\n\n"
    changelog += " -- The Gough authors <gough@example.org>  Wed, 01 Jan 2020 00:00:00 +0000\n"
    files = {f"{HOME}/{name}": deb.File(content) for name, content in code.items()} | {
        "usr/bin/gough-agent": deb.File((debian / "gough-agent").read_bytes(), 0o755),
        "lib/systemd/system/gough-agent.service": deb.File(unit),
        "lib/systemd/system/gough-agent-upgrade.service": deb.File(_unit("gough-agent-upgrade.service")),
        "lib/systemd/system/gough-agent-upgrade.path": deb.File(_unit("gough-agent-upgrade.path")),
        CONFFILE: deb.File((debian / "options.env").read_bytes()),
        "usr/share/doc/gough-agent/copyright": deb.File((debian / "copyright").read_bytes()),
        "usr/share/doc/gough-agent/changelog.gz": deb.File(_zipped(changelog.encode())),
        "usr/share/lintian/overrides/gough-agent": deb.File((debian / "lintian-overrides").read_bytes()),
        "usr/share/man/man8/gough-agent.8.gz": deb.File(_zipped((debian / "gough-agent.8").read_bytes())),
    }
    if upgrade_key is not None:
        files[f"{HOME}/upgrade.pub"] = deb.File(upgrade_key.read_bytes())
    control = (debian / "control").read_text(encoding="utf-8")
    control = control.replace("{version}", _version()).replace("{architecture}", architecture)
    return deb.package(control, {name: (debian / name).read_bytes() for name in SCRIPTS}, files, [CONFFILE])


def _unit(name: str) -> bytes:
    return (AGENT / "systemd" / name).read_bytes()


def _zipped(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=9, mtime=0)


def _archive(code: Mapping[str, bytes]) -> bytes:
    files = {**code, "gough-agent.service": _unit("gough-agent.service"), "VERSION": f"{_version()}\n".encode()}
    tarred = io.BytesIO()
    with tarfile.open(fileobj=tarred, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(f"gough-agent/{name}")  # owner root, no times but ours
            entry.size, entry.mtime, entry.mode = len(content), MTIME, 0o644
            archive.addfile(entry, io.BytesIO(content))
    return _zipped(tarred.getvalue())


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
    parser.add_argument("--out", type=Path, required=True, help="folder for what is built, made if need be")
    parser.add_argument("--arch", action="append", choices=ARCHES, help="may be repeated; default: this machine's")
    parser.add_argument("--all", action="store_true", help="every architecture")
    parser.add_argument("--upgrade-key", type=Path, help="public key of signed upgrades, from sign.py")
    options = parser.parse_args()
    try:
        arches = ARCHES if options.all else options.arch or [platform.machine()]
        sums = build(options.out, arches, options.upgrade_key)
    except BuildFailed as problem:
        print(f"build.py: {problem}", file=sys.stderr)
        return 1
    for name, digest in sums.items():
        print(f"{digest}  {options.out / name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
