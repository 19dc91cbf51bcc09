"""The agent on a real Debian 12: its package installed, run, upgraded, removed and purged, without a network; and the
user-data's own installer, from a Gough that runs.
"""

import gzip
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Event, Thread
from time import monotonic
from typing import Any, ClassVar

import pytest

from gough.bootstrap import wire
from gough.cloud_init import installer
from gough.cloud_init.compile import compile_user_data
from gough.cloud_init.mime import take_apart
from gough.config import read_settings
from gough.domain.machine_status import MachineStatus
from gough.domain.machines import MachineRecord
from gough.lab.server_process import ServerProcess, free_port
from gough.persistence.models import Agent, Deployment, Job, Machine, MachineToken, Region
from gough.services import agents, delivering, observing
from gough.services.context import Use
from gough.services.secrets import hash_secret
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


class Gough:
    """A server that hands out the agent, and a machine that it has deployed."""

    TOKENS: ClassVar = {"enrol": "enrolment-token-of-m1", "report": "report-token-of-m1"}

    def __init__(self, folder: Path, settings: dict[str, str], use: Use) -> None:
        self.server, self.use, self._shelf = ServerProcess(folder, settings), use, folder / "agent"
        self._shelf.mkdir()

    def offer(self, artefact: Path) -> None:
        shutil.copy(artefact, self._shelf)

    def deploy(self) -> None:
        with self.use.database.write() as session:
            now = self.use.database.now(session)
            region = Region(name="lab", url="http://127.0.0.1:9/MAAS/", api_key_sealed="", created_at=now)
            session.add(region)
            session.flush()
            record = MachineRecord("abc", "m1", MachineStatus.DEPLOYED)
            machine = observing.observe(session, region, record, observed_at=now)
            job = Job(kind="deployment", machine=machine, parameters={}, created_by="ada", created_at=now, state="done")
            deployment = Deployment(job=job, machine_id=machine.id, series="bookworm", variables_sealed="")
            session.add(deployment)
            session.flush()
            token = hash_secret(self.TOKENS["enrol"])
            session.add(
                MachineToken(token_hash=token, purpose="enrol", deployment_id=deployment.id, machine_id=machine.id,
                             created_at=now)
            )  # fmt: skip

    def install(self, machine: Container, folder: Path) -> str:
        """Run the installer of the user-data that the machine would be given now; what it said."""
        with self.use.database.read() as session:
            told = delivering.delivery(self.use, session.query(Machine).one(), self.TOKENS)
        (part,) = (part for part in take_apart(compile_user_data({}, told)) if part.filename == installer.NAME)
        (folder / installer.NAME).write_text(part.content)
        machine.put(folder / installer.NAME, "/tmp/install.sh")
        return machine.run("sh", "/tmp/install.sh")

    def until_online(self, version: str) -> tuple[Agent, dict[str, Any]]:
        """The one agent there is and its newest heartbeat, once one of that version has told of everything."""
        pause, end = Event(), monotonic() + PATIENCE
        while monotonic() < end:
            with self.use.database.read() as session:
                found = session.query(Agent).one_or_none()
                beat = agents.last_heartbeat(session, found) if found else {}
                if found and found.state == "online" and found.version == version and "systemd" in beat["collectors"]:
                    return found, beat
            pause.wait(0.2)
        raise AssertionError(f"no agent {version} came online; {self.server.log.read_text()[-500:]}")


@pytest.fixture
def gough(tmp_path: Path) -> Iterator[Gough]:
    port = free_port(0)
    settings = {
        "SECRET_KEY": "s" * 40, "GOUGH_DATA_DIR": str(tmp_path), "GOUGH_PORT": str(port),
        "GOUGH_PUBLIC_URL": f"http://127.0.0.1:{port}", "GOUGH_AGENT_INTERVAL_SECONDS": "1",
    }  # fmt: skip
    application = wire(read_settings(settings))
    made = Gough(tmp_path, settings, application.use)
    made.server.start()
    made.deploy()
    yield made
    made.server.stop()
    application.close()


def test_the_user_datas_installer_puts_the_servers_package_on_and_a_newer_one_over_it(
    machine: Container, gough: Gough, packages: dict[str, Path], tmp_path: Path
) -> None:
    before = machine.run("sh", "-c", EVERYTHING)
    gough.offer(packages[OLD])
    gough.install(machine, tmp_path)
    agent, beat = gough.until_online(OLD)
    assert {name: about["error"] for name, about in beat["collectors"].items() if about["error"]} == {}
    assert "install ok installed" in machine.run("dpkg-query", "--status", "gough-agent")
    assert machine.run("find", "/usr/lib/gough-agent", "!", "-perm", "-o=r").strip() == ""  # the agent is not root
    gough.install(machine, tmp_path)  # again, as somebody would after a failure
    assert gough.until_online(OLD)[0].id == agent.id

    gough.offer(packages[NEW])
    gough.install(machine, tmp_path)
    newer, _ = gough.until_online(NEW)
    assert (newer.id, newer.key_hash) == (agent.id, agent.key_hash)
    machine.run("dpkg", "--purge", "gough-agent")
    assert machine.run("sh", "-c", EVERYTHING) == before


def test_where_gough_has_only_the_archive_that_runs_until_a_package_takes_over(
    machine: Container, gough: Gough, packages: dict[str, Path], tmp_path: Path
) -> None:
    before = machine.run("sh", "-c", EVERYTHING)
    (archive,) = packages[OLD].parent.glob("*.tar.gz")
    gough.offer(archive)
    gough.install(machine, tmp_path)
    agent, beat = gough.until_online(OLD)
    assert "Transport endpoint is not connected" in beat["collectors"]["systemd"]["error"]  # as docs/agent.md says
    assert machine.status("dpkg-query", "--status", "gough-agent") != 0
    assert machine.run("systemctl", "show", "--property=DynamicUser", "--value", "gough-agent").strip() == "yes"
    pid = machine.run("systemctl", "show", "--property=MainPID", "--value", "gough-agent").strip()
    assert not re.search(r"^Uid:\s+0\b", machine.run("cat", f"/proc/{pid}/status"), re.MULTILINE)

    gough.offer(packages[NEW])
    gough.install(machine, tmp_path)
    taken, _ = gough.until_online(NEW)
    assert (taken.id, taken.key_hash) == (agent.id, agent.key_hash)
    assert machine.status("test", "-e", "/opt/gough-agent") == 1
    machine.run("dpkg", "--purge", "gough-agent")
    assert machine.run("sh", "-c", EVERYTHING) == before
