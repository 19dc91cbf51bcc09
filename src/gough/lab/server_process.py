"""The real server, as a process of its own that the lab starts, watches and ends."""

import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Event

import httpx

from gough.domain.errors import Unavailable
from gough.lab.pace import Pace
from gough.shared_files import shared

START_SECONDS = 60


def free_port(wanted: int) -> int:
    """`wanted` if it is free on loopback, else any free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Unavailable("lab", "no free port on loopback")


def environment(
    folder: Path, *, port: int, maas_url: str, maas_key: str, pace: Pace, fleet: tuple[str, str] | None = None,
    more: Mapping[str, str] | None = None,
) -> dict[str, str]:  # fmt: skip
    """The settings of the lab's server, and `more`; the secrets in files of mode 0600. `fleet`: (URL, token)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with_fleet = {
        "FLEET_URL": fleet[0], "FLEET_TOKEN_FILE": _secret(folder / "fleet-token", fleet[1]),
        "GOUGH_FLEET_POLL_SECONDS": "1",
    } if fleet else {}  # fmt: skip
    return {
        **with_fleet,
        "GOUGH_DATA_DIR": str(folder.resolve()),
        "SECRET_KEY_FILE": _secret(folder / "secret-key", secrets.token_urlsafe(48)),
        "GOUGH_SETUP_SECRET_FILE": _secret(folder / "setup-secret", secrets.token_urlsafe(18)),
        "MAAS_URL": maas_url,
        "MAAS_API_KEY_FILE": _secret(folder / "maas-key", maas_key),
        "GOUGH_PORT": str(port),
        "GOUGH_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "GOUGH_ALLOW_HTTP": "true",
        "GOUGH_AGENT_DIR": str(folder.resolve() / "agent"),
        "GOUGH_DEADLINES": pace.deadlines(),
        "GOUGH_MAAS_POLL_SECONDS": "0.5",
        "GOUGH_MAAS_PRESENCE_SECONDS": "1",
        "GOUGH_AGENT_INTERVAL_SECONDS": f"{pace.agent_interval:g}",
        "GOUGH_LEASE_SECONDS": "5",
        "LOG_LEVEL": "INFO",
        **(more or {}),
    }


def build_agent(folder: Path) -> None:
    """The archives that servers download, for this computer's architecture."""
    script = shared("agent/build.py")
    done = subprocess.run(
        [sys.executable, str(script), "--out", str(folder / "agent")], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Unavailable("lab", f"the agent's archive could not be built: {done.stderr.strip()}")


def write_environment(folder: Path, settings: Mapping[str, str]) -> Path:
    """The same settings as a file for a shell to read: secrets are named by their files, not written in it.

    Commands in that shell work with the lab, whatever server whoever runs it has chosen elsewhere.
    """
    path = folder / "env"
    lines = {**settings, "GOUGH_CONTEXT": "embedded"}
    path.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in lines.items()))
    return path


class GoughProcess:
    """`gough COMMAND` with these settings; its log in `folder`/COMMAND.log."""

    def __init__(self, folder: Path, settings: Mapping[str, str], command: str) -> None:
        self._settings, self._command = settings, command
        self.log = folder / f"{command}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gough", self._command],
                env={**kept, **self._settings}, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """-9, to the server and everything it started."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Ask it to end; insist after ten seconds."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None


class ServerProcess(GoughProcess):
    """`gough serve`."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        super().__init__(folder, settings, "serve")
        self.log = folder / "server.log"
        # The public address may be one that only machines have a way to.
        self.url = f"http://127.0.0.1:{settings['GOUGH_PORT']}"

    def start(self) -> None:
        """Returns when the server is ready. Raises Unavailable, with the end of its log, when it is not in time."""
        super().start()
        pause = Event()
        for _ in range(START_SECONDS * 10):
            if not self.is_running:
                break
            if self._is_ready():
                return
            pause.wait(0.1)
        raise Unavailable("server", f"did not get ready:\n{self.log.read_text(errors='replace')[-2000:]}")

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.TransportError:
            return False


def _secret(path: Path, value: str) -> str:
    path.touch(mode=0o600)
    path.write_text(value)
    return str(path.resolve())
