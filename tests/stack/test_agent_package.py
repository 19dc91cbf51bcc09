"""The agent's Debian package on a real Debian 12: installed, run, upgraded, removed and purged, without a network."""

import gzip
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Thread
from typing import Any

import pytest

from tests.stack import debian
from tests.stack.debian import Container, Engine

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = "0.1.0", "0.1.1"
PATIENCE = 60
EVERYTHING = "find /etc /lib /opt /run /usr /var -xdev -iname '*gough*'"
pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]


class Server(ThreadingHTTPServer):
    """As much of Gough as an agent needs, on the loopback that the container shares."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.beats: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.enrolments = 0
        self.files: dict[str, bytes] = {}
        self.commands: list[dict[str, Any]] = []
        self.arrived = Condition()

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first heartbeat from now on of which it holds."""
        with self.arrived:
            start = len(self.beats)
            assert self.arrived.wait_for(lambda: any(map(holds, self.beats[start:])), PATIENCE), "no such heartbeat"
            return next(beat for beat in self.beats[start:] if holds(beat))

    def handle_error(self, *_: object) -> None:
        """An agent that was stopped."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self._answer(self.server.files.get(self.path))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = json.loads(gzip.decompress(body) if self.headers["Content-Encoding"] else body)
        answer: dict[str, Any] = {"agent_id": "a1", "interval_seconds": 1, "server_time": "2026-01-31T12:00:00Z"}
        with self.server.arrived:
            if self.path.endswith("/enroll"):
                self.server.enrolments += 1
            else:
                answer |= {"duplicate": False, "commands": self.server.commands}
                self.server.beats.append(message)
                self.server.keys.append(self.headers["Authorization"])
            self.server.arrived.notify_all()
        self._answer(json.dumps(answer).encode())

    def _answer(self, body: bytes | None) -> None:
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, format: str, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with debian.engine() as found:
        debian.make_image(found)
        yield found


@pytest.fixture
def machine(engine: Engine) -> Iterator[Container]:
    with engine.container() as started:
        yield started


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as listening:
        Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield listening
        listening.shutdown()


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("key") / "upgrade.key"
    subprocess.run([sys.executable, str(ROOT / "agent/sign.py"), "--new-key", str(path)], check=True)
    return path


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory, key: Path) -> dict[str, Path]:
    """{version: the package}; the newer one is the same but for its number."""
    found = {}
    for version in (OLD, NEW):
        tree = tmp_path_factory.mktemp(version)
        for part in ("agent", "requirements"):
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        about = tree / "agent/src/gough_agent/__init__.py"
        about.write_text(re.sub(r'__version__ = ".*"', f'__version__ = "{version}"', about.read_text()))
        command = [sys.executable, str(tree / "agent/build.py"), "--out", str(tree / "out")]
        subprocess.run([*command, "--upgrade-key", f"{key}.pub"], check=True, stdout=subprocess.DEVNULL)
        (found[version],) = (tree / "out").glob("*.deb")
    return found


def install(machine: Container, package: Path) -> None:
    machine.put(package, "/tmp/agent.deb")
    machine.run("dpkg", "--install", "/tmp/agent.deb")


def configure(machine: Container, server: Server) -> None:
    settings = f"MANAGEMENT_SERVER_URL=http://127.0.0.1:{server.server_port}\nSERVER_ID=m1\nGOUGH_ENROLMENT_TOKEN=token-of-m1\n"
    machine.run("sh", "-c", f"umask 077; printf '{settings}' > /etc/gough-agent/agent.env")


def test_the_package_installs_runs_upgrades_and_goes(
    machine: Container, server: Server, packages: dict[str, Path]
) -> None:
    before = machine.run("sh", "-c", EVERYTHING)
    install(machine, packages[OLD])
    assert machine.run("systemctl", "is-enabled", "gough-agent", check=False).strip() == "enabled"
    assert machine.run("systemctl", "is-active", "gough-agent", check=False).strip() == "inactive"  # no settings yet
    configure(machine, server)
    machine.run("systemctl", "start", "gough-agent")

    beat = server.until(lambda beat: beat["agent_version"] == OLD)
    errors = {name: about["error"] for name, about in beat["collectors"].items() if about["error"]}
    assert errors == {}
    assert beat["samples"]["processes"]["count"] > 3
    assert beat["samples"]["systemd"] == {"readable": True, "failed_count": 0, "failed_units": []}
    assert beat["samples"]["time_sync"]["source"] == "kernel"
    pid = machine.run("systemctl", "show", "--property=MainPID", "--value", "gough-agent").strip()
    status = machine.run("cat", f"/proc/{pid}/status")
    assert not re.search(r"^Uid:\s+0\b", status, re.MULTILINE)
    assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
    assert "ok     last answer: 200" in machine.run("gough-agent", "doctor", check=False)
    assert "enrolled: yes" in machine.run("gough-agent", "status")
    assert machine.run("stat", "--format=%a", "/var/lib/gough-agent/agent.json").strip() == "600"

    machine.run("sh", "-c", "echo MONITORING_INTERVAL=30 >> /etc/gough-agent/options.env")
    install(machine, packages[NEW])
    newer = server.until(lambda beat: beat["agent_version"] == NEW)
    assert newer["sequence"] > beat["sequence"]
    assert (server.enrolments, len(set(server.keys))) == (1, 1)
    assert "MONITORING_INTERVAL=30" in machine.run("cat", "/etc/gough-agent/options.env")

    machine.run("dpkg", "--remove", "gough-agent")
    assert machine.run("systemctl", "is-active", "gough-agent", check=False).strip() == "inactive"
    assert machine.status("test", "-e", "/usr/lib/gough-agent") == 1
    assert machine.status("test", "-s", "/var/lib/gough-agent/agent.json") == 0
    machine.run("dpkg", "--purge", "gough-agent")
    assert machine.status("getent", "passwd", "gough-agent") != 0
    assert machine.run("sh", "-c", EVERYTHING) == before
    assert machine.run("systemctl", "--failed", "--no-legend").strip() == ""


def test_a_signed_upgrade_is_installed_by_root_and_a_forged_one_is_not(
    machine: Container, server: Server, packages: dict[str, Path], key: Path
) -> None:
    install(machine, packages[OLD])
    configure(machine, server)
    machine.run("systemctl", "start", "gough-agent")
    server.until(lambda beat: beat["agent_version"] == OLD)

    folder = packages[NEW].parent
    subprocess.run([sys.executable, str(ROOT / "agent/sign.py"), "--key", str(key), str(folder)], check=True)
    (offer,) = json.loads((folder / "upgrades.json").read_text())
    server.files[f"/agent/{packages[NEW].name}"] = packages[NEW].read_bytes()
    forged = {**offer, "sha256": "0" * 64}
    server.commands = [{"id": "forged", "command": "upgrade", **forged}]
    told = server.until(lambda beat: "command_results" in beat)["command_results"][0]
    assert told["outcome"] == "failed"
    assert "the signature is not of the key" in told["said"]

    # The agent's own folder says what it likes: root believes the key alone.
    machine.run("mkdir", "-p", "/var/lib/gough-agent/upgrade")
    machine.put(packages[NEW], f"/var/lib/gough-agent/upgrade/{packages[NEW].name}")
    machine.run("sh", "-c", f"echo '{json.dumps(forged)}' > /var/lib/gough-agent/upgrade/request.json")
    machine.until("sh", "-c", "journalctl -u gough-agent-upgrade | grep -q 'upgrade refused: the signature'")
    assert machine.status("test", "-e", "/var/lib/gough-agent/upgrade/request.json") == 1
    machine.run("rm", "-rf", "/var/lib/gough-agent/upgrade")

    server.commands = [{"id": "good", "command": "upgrade", **offer}]
    server.until(lambda beat: beat["agent_version"] == NEW)
    assert server.enrolments == 1
    assert "install ok installed" in machine.run("dpkg-query", "--status", "gough-agent")
