"""The archives: the same bytes each time, and they run from where they are unpacked."""

import hashlib
import importlib.util
import json
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

from gough_agent import __version__

AGENT = Path(__file__).parents[1]
ARCH = platform.machine()
ARCHIVE = f"gough-agent-linux-{ARCH}.tar.gz"
PACKAGE = f"gough-agent_{__version__}_{'amd64' if ARCH == 'x86_64' else 'arm64'}.deb"


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("agent_build", AGENT / "build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_same_input_gives_the_same_bytes(builder: ModuleType, tmp_path: Path) -> None:
    first, second = builder.build(tmp_path / "1", [ARCH]), builder.build(tmp_path / "2", [ARCH])
    assert set(first) == {ARCHIVE, PACKAGE}
    assert first == second
    assert first == {name: hashlib.sha256((tmp_path / "1" / name).read_bytes()).hexdigest() for name in first}
    lines = (tmp_path / "1" / "SHA256SUMS").read_text().splitlines()
    assert lines == [f"{digest}  {name}" for name, digest in first.items()]


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="needs dpkg-deb")
def test_dpkg_understands_the_package(builder: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text("key\n")
    builder.build(tmp_path, [ARCH], tmp_path / "key.pub")
    package, root = tmp_path / PACKAGE, tmp_path / "root"
    fields = subprocess.run(["dpkg-deb", "--field", package], capture_output=True, text=True, check=True).stdout
    assert f"Version: {__version__}\n" in fields
    subprocess.run(["dpkg-deb", "--raw-extract", package, root], check=True)
    subprocess.run(["md5sum", "--check", "--quiet", "DEBIAN/md5sums"], cwd=root, check=True)
    unit = (root / "lib/systemd/system/gough-agent.service").read_text()
    assert "User=gough-agent\n" in unit
    assert "DynamicUser" not in unit
    assert "/opt/" not in unit
    assert unit.index("options.env") < unit.index("agent.env\n", unit.index("EnvironmentFile=/etc"))  # ours wins
    assert (root / "usr/lib/gough-agent/upgrade.pub").read_text() == "key\n"
    assert (root / "DEBIAN/conffiles").read_text() == "/etc/gough-agent/options.env\n"


def test_it_holds_what_is_needed_and_no_more(builder: ModuleType, tmp_path: Path) -> None:
    builder.build(tmp_path, [ARCH])
    with tarfile.open(tmp_path / ARCHIVE) as archive:
        members = archive.getmembers()
    names = {member.name.removeprefix("gough-agent/") for member in members}
    assert {"VERSION", "gough-agent.service", "psutil/LICENSE", "gough_agent/collectors/cpu.py"} <= names
    assert not any("__pycache__" in name or name.startswith(("psutil/tests", "/", "..")) for name in names)
    assert {(member.uid, member.mtime, member.isfile()) for member in members} == {(0, builder.MTIME, True)}


def test_it_runs_from_an_unpacked_folder(builder: ModuleType, tmp_path: Path) -> None:
    builder.build(tmp_path, [ARCH])
    with tarfile.open(tmp_path / ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    command = [sys.executable, "-S", "-m", "gough_agent", "run", "--once"]  # -S: nothing of the environment's
    environment = {"PYTHONPATH": str(tmp_path / "gough-agent"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, check=True)
    assert json.loads(done.stdout)["collectors"]["memory"]["error"] is None


def test_the_command_says_what_it_made(tmp_path: Path) -> None:
    command = [sys.executable, str(AGENT / "build.py"), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [line.split("  ")[1] for line in done.stdout.splitlines()] == [str(tmp_path / n) for n in (ARCHIVE, PACKAGE)]
    assert done.stderr == ""


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_units_are_valid() -> None:
    units = [AGENT / "systemd" / f"gough-agent{name}" for name in (".service", "-upgrade.service", "-upgrade.path")]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
