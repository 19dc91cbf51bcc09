"""A real Gough server as a process on loopback: by granian (`gough serve`), or by py4web's own command."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import httpx

from gough import bootstrap
from gough.bootstrap import Application
from gough.config import read_settings

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS, STOP_SECONDS = 60, 30
Command = Callable[[int, Path], list[str]]


def _granian(_port: int, _folder: Path) -> list[str]:
    return [sys.executable, "-m", "gough", "serve"]


def _py4web(port: int, folder: Path) -> list[str]:
    """On a copy of apps/: py4web writes beside its apps."""
    apps = shutil.copytree(ROOT / "apps", folder / "apps", ignore=shutil.ignore_patterns("__pycache__", ".service"))
    options = ["--host", "127.0.0.1", "--port", str(port), "-A", "maas_portal", "-d", "none", "--watch", "off"]
    return [str(Path(sys.executable).with_name("py4web")), "run", str(apps), *options]


COMMANDS: Mapping[str, Command] = {"granian": _granian, "py4web run": _py4web}


@dataclass(frozen=True, slots=True)
class Served:
    port: int
    log: Path
    process: subprocess.Popen[bytes]
    application: Application
    """On the same database and key, in this process; nothing of it runs."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self, seconds: float = 10) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def ended(self) -> int:
        return self.process.wait(STOP_SECONDS)

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")


@contextmanager
def served(folder: Path, template: Path, command: str, **more: str) -> Iterator[Served]:
    """Ends with the block. `template`: a migrated SQLite file. `more`: settings by name."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {
        "GOUGH_DATA_DIR": str(folder), "SECRET_KEY": "k" * 40, "GOUGH_PORT": str(port), "GOUGH_RATE_LIMIT": "0",
        "GOUGH_PUBLIC_URL": f"http://127.0.0.1:{port}", "LOG_LEVEL": "DEBUG", **more,
    }  # fmt: skip
    shutil.copy(template, folder / "gough.db")
    application = bootstrap.wire(read_settings(environment))
    bootstrap.prepare(application.use)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    path = folder / "server.log"
    with path.open("wb") as log:
        process = subprocess.Popen(COMMANDS[command](port, folder), env=kept | environment, stdout=log, stderr=log)
    made = Served(port, path, process, application)
    try:
        _await(made)
        yield made
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        process.kill()
        application.close()


def _await(made: Served) -> None:
    pause = Event()
    for _ in range(START_SECONDS * 10):
        with suppress(httpx.TransportError):
            if httpx.get(f"{made.url}/readyz", timeout=2).status_code == 200:
                return
        assert made.process.poll() is None, f"it ended by itself:\n{made.said[-3000:]}"
        pause.wait(0.1)
    raise TimeoutError(f"not ready within {START_SECONDS} s:\n{made.said[-3000:]}")
