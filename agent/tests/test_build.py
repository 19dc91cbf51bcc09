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

AGENT = Path(__file__).parents[1]
ARCH = platform.machine()
ARCHIVE = f"gough-agent-linux-{ARCH}.tar.gz"


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("agent_build", AGENT / "build.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_same_input_gives_the_same_bytes(builder: ModuleType, tmp_path: Path) -> None:
    first, second = builder.build(tmp_path / "1", [ARCH]), builder.build(tmp_path / "2", [ARCH])
    assert first == second == {ARCHIVE: hashlib.sha256((tmp_path / "1" / ARCHIVE).read_bytes()).hexdigest()}
    assert (tmp_path / "1" / "SHA256SUMS").read_text() == f"{first[ARCHIVE]}  {ARCHIVE}\n"


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
    assert done.stdout.endswith(f"  {tmp_path / ARCHIVE}\n")
    assert done.stderr == ""


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_unit_is_valid() -> None:
    unit = AGENT / "systemd" / "gough-agent.service"
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
