"""The command line as a process, against a served Gough with machines: from a key to a machine in service."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gough.bootstrap import wire
from gough.config import read_settings
from gough.domain.permissions import Permission, Role
from gough.lab.hall import Hall
from gough.lab.pace import Pace
from gough.lab.server_process import ServerProcess, build_agent, environment, free_port
from gough.services import api_keys
from tests.support.people import account

PATIENCE = 120
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ops@example"
LIVING = ("agent_since", "agent_reason", "addresses")


@dataclass(frozen=True, slots=True)
class Shell:
    """A terminal with these settings."""

    settings: Mapping[str, str]
    options: tuple[str, ...] = field(default=())

    def run(self, *words: str, code: int = 0) -> str:
        done = subprocess.run(
            self._command(words), env=self._environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == code, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.run(*words, "-o", "json"))

    def begin(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(self._command(words), env=self._environment, stdout=subprocess.PIPE, text=True)

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "gough", *self.options, *words]

    @property
    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {**kept, **self.settings}


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Shell, Shell]]:
    """(on the host, somewhere else) of a Gough whose one machine has just been found."""
    with ExitStack() as stack:
        pace = Pace(60)
        hall = Hall(1, pace, tmp_path / "machines")
        stack.callback(hall.close)
        folder = tmp_path / "gough"
        settings = environment(
            folder, port=free_port(0), maas_url=hall.maas_url, maas_key=hall.region.api_key, pace=pace
        )
        build_agent(folder)
        server = ServerProcess(folder, settings)
        stack.callback(server.stop)
        server.start()
        hall.power_up()
        host = Shell({**settings, "GOUGH_CONFIG": str(tmp_path / "host.toml")})
        key = tmp_path / "ada.key"
        key.touch(mode=0o600)
        key.write_text(key_of_ada(settings))
        laptop = Shell({"GOUGH_CONFIG": str(tmp_path / "laptop" / "config.toml")})
        laptop.run("context", "add", "lab", server.url, "--token-file", str(key), "--use")
        yield host, laptop


@pytest.mark.timeout(480)
def test_a_machine_is_brought_in_service_from_somewhere_else(both: tuple[Shell, Shell]) -> None:
    host, laptop = both
    (machine,) = waited_for(laptop)
    name = machine["hostname"]
    watching = laptop.begin("machine", "timeline", name, "--follow", "-o", "json")
    try:
        laptop.run("machine", "commission", name, "--skip-tests", "--wait")
        job_id = laptop.run("machine", "deploy", name, "base-server", "-v", f"ssh_keys={SSH_KEY}", "--wait").strip()
        seen = [event["kind"] for event in until(watching, job_id)]
    finally:
        watching.terminate()
        watching.communicate()
    assert len(seen) > 5

    mine, theirs = (same(shell.json("job", "show", job_id)) for shell in (laptop, host))
    assert mine == theirs and mine["state"] == "done"
    mine, theirs = (same(shell.json("machine", "show", name)) for shell in (laptop, host))
    assert (mine["service"], mine["agent"], mine["template"]) == ("in_service", "online", "base-server@1")
    assert {name: mine[name] for name in mine if name not in LIVING} == {
        name: theirs[name] for name in theirs if name not in LIVING
    }
    mine, theirs = (shell.json("machine", "timeline", name, "--limit", "30") for shell in (laptop, host))
    assert mine == theirs and len(mine) > 5
    assert json.loads(laptop.run("api", "GET", f"machines/{name}"))["job"]["id"] == job_id
    laptop.run("machine", "release", name, "--confirm", "other", code=2)


def key_of_ada(settings: Mapping[str, str]) -> str:
    """An API key that may do what this test does, of an operator."""
    use = wire(read_settings(settings)).use
    scopes = frozenset({Permission.VIEW, Permission.DEPLOY, Permission.OPERATE})
    made = api_keys.create(use, account(use, "ada", Role.OPERATOR).id, api_keys.Wish("laptop", scopes, (), None))
    use.database.close()
    return made[1]


def waited_for(shell: Shell) -> list[dict[str, Any]]:
    """The list of machines, once it has one: following MAAS takes a moment."""
    watching = shell.begin("api", "GET", "events/stream", "-F", "after=0")
    assert watching.stdout is not None
    try:
        next(line for line in watching.stdout if line.startswith("data: "))
    finally:
        watching.terminate()
        watching.communicate()
    found: list[dict[str, Any]] = shell.json("machine", "list")
    return found


def until(watching: subprocess.Popen[str], job_id: str) -> Iterator[dict[str, Any]]:
    """The events that were printed, to the one that says the machine is in service."""
    assert watching.stdout is not None
    for line in watching.stdout:
        event = json.loads(line)
        yield event
        if "in service" in event["message"]:
            return
    raise AssertionError("the stream ended")


def same(found: Any) -> Any:
    """Moments to the millisecond, as the API tells them."""
    if isinstance(found, dict):
        return {name: same(value) for name, value in found.items()}
    if isinstance(found, list):
        return [same(each) for each in found]
    is_moment = isinstance(found, str) and len(found) == 27 and found[10] == "T" and found.endswith("Z")
    return f"{found[:23]}000Z" if is_moment else found
