"""Gough's own server as a process, and how much processor time it has used."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from socket import socket
from threading import Event

import psutil

from bench.databases import SECRET

START_SECONDS = 60


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[str], port: int, folder: Path, environment: Mapping[str, str], *, probe: str = "/healthz"
) -> Iterator[int]:
    """The process id of a server that answers on loopback; it ends with the block. Raises TimeoutError."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(command, env={**kept, **environment}, stdout=log, stderr=log)
    try:
        _await(process, port, folder, probe)
        yield process.pid
    finally:
        _end(process)


@contextmanager
def gough(folder: Path, url: str | None = None, **more: str) -> Iterator[tuple[int, int]]:
    """(process id, port) of `gough serve` on a database of its own, or on the one at `url`. `more` settings by name."""
    port = free_port()
    settings = {
        "SECRET_KEY": SECRET, "GOUGH_DATA_DIR": str(folder), "GOUGH_PORT": str(port), "LOG_LEVEL": "WARNING",
        "GOUGH_PUBLIC_URL": f"http://127.0.0.1:{port}", "GOUGH_RATE_LIMIT": "0",
        **({"DATABASE_URL": url} if url else {}), **more,
    }  # fmt: skip
    with running((sys.executable, "-m", "gough", "serve"), port, folder, settings) as pid:
        yield pid, port


@contextmanager
def background(command: str, folder: Path, **more: str) -> Iterator[int]:
    """The process id of `gough worker` or `gough beat`, by the settings in `more`; it ends with the block."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    settings = {
        "SECRET_KEY": SECRET, "GOUGH_DATA_DIR": str(folder), "LOG_LEVEL": "WARNING",
        "GOUGH_PUBLIC_URL": "http://127.0.0.1", **more,
    }  # fmt: skip
    with (folder / f"{command}.log").open("ab") as log:
        process = subprocess.Popen(
            (sys.executable, "-m", "gough", command), env=kept | settings, stdout=log, stderr=log
        )
    try:
        yield process.pid
    finally:
        _end(process)


def cpu_seconds(pid: int) -> float:
    """User and system time of the process and everything it has started that still lives."""
    root = psutil.Process(pid)
    times = [process.cpu_times() for process in (root, *root.children(recursive=True))]
    return float(sum(used.user + used.system for used in times))


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(20)
    process.kill()


def _await(process: subprocess.Popen[bytes], port: int, folder: Path, probe: str) -> None:
    pause = Event()
    for _ in range(START_SECONDS * 10):
        with suppress(OSError, HTTPException):
            connection = HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", probe)
            if connection.getresponse().status == 200:
                return
        if process.poll() is not None:
            break
        pause.wait(0.1)
    raise TimeoutError(f"the server did not answer:\n{(folder / 'server.log').read_text(errors='replace')[-2000:]}")
