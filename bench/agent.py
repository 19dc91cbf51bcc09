"""The agent as servers run it: the built archive, alone on its path, against a server on loopback."""

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

import psutil

from bench import exporter
from bench.agent_server import AgentServer
from bench.figure import Effort, Figure, median_of
from bench.server import cpu_seconds
from tests.support.certificates import self_signed

ROOT = Path(__file__).resolve().parents[1]
BEATS = 100
EVERY_SECONDS = 60
MIB = 1024 * 1024
SLEEP = "import time; time.sleep(600)"
BARE = "python -c, asleep"


def measure(effort: Effort) -> list[Figure]:
    with TemporaryDirectory(prefix="gough-bench-") as name:
        home = _unpacked(Path(name))
        starts = median(_start_seconds(home) for _ in range(effort.rounds)) * 1000
        memory, beat, size = _at_work(home, effort.count(BEATS))
        pair = self_signed(Path(name), "127.0.0.1")
        over_tls, beat_tls, _ = _at_work(home, effort.count(BEATS), pair)
    bare_memory = _bare_memory()
    bare = median_of(effort.rounds * 2, _bare_start) * 1000
    return [
        Figure("agent, memory", memory, "MiB", bare_memory, BARE, "resident, at work"),
        Figure("agent, memory, TLS", over_tls, "MiB", bare_memory, BARE, "resident, at work", limit=25e6 / MIB),
        Figure("agent, a heartbeat", beat, "ms CPU", note="every collector, JSON, one POST"),
        Figure("agent, a heartbeat, TLS", beat_tls, "ms CPU", beat, "without TLS", "on a kept connection"),
        Figure("agent, of a core", beat / EVERY_SECONDS / 10, "%", note="at 60 s, every collector each time"),
        Figure("agent, bytes", size, "B", note="a heartbeat with every collector, compressed"),
        Figure("agent, start", starts, "ms", bare, "python -c pass", "until its first heartbeat has arrived"),
        *exporter.figures(memory, beat, effort),
    ]


def _unpacked(folder: Path) -> Path:
    """Where the archive lies, compiled as its installer does it."""
    build = [sys.executable, str(ROOT / "agent" / "build.py"), "--out", str(folder)]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder)
    home = folder / "gough-agent"
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(home)], check=True)
    return home


@contextmanager
def _running(home: Path, server: AgentServer, trusted: Path | None = None) -> Iterator[int]:
    """The agent's process id; it has no state from before."""
    with TemporaryDirectory(prefix="gough-bench-") as state:
        environment = {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(home), "STATE_DIRECTORY": state, "SERVER_ID": "bench",
            "PYTHONDONTWRITEBYTECODE": "1", "PYTHONSAFEPATH": "1", "MALLOC_ARENA_MAX": "1",
            "MANAGEMENT_SERVER_URL": server.url, "GOUGH_ENROLMENT_TOKEN": "bench",
        }  # fmt: skip
        if trusted:
            environment["GOUGH_CA_FILE"] = str(trusted)
        with _process(("-s", "-m", "gough_agent", "run"), environment) as pid:
            yield pid


@contextmanager
def _process(arguments: tuple[str, ...], environment: Mapping[str, str] | None = None) -> Iterator[int]:
    process = subprocess.Popen([sys.executable, *arguments], env=environment, stderr=subprocess.DEVNULL)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def _at_work(home: Path, beats: int, pair: tuple[Path, Path] | None = None) -> tuple[float, float, int]:
    """(resident MiB, milliseconds of processor time a heartbeat, bytes of one); over TLS with a (certificate, key)"""
    with AgentServer(pair) as server, _running(home, server, pair and pair[0]) as pid:
        first = server.wait_for(5)
        before = cpu_seconds(pid)
        last = server.wait_for(first + beats)
        used = cpu_seconds(pid) - before
        resident = psutil.Process(pid).memory_info().rss / MIB
        return resident, used / (last - first) * 1000, server.bytes_of_one


def _start_seconds(home: Path) -> float:
    with AgentServer() as server:
        begun = perf_counter()
        with _running(home, server):
            server.wait_for(1)
            return perf_counter() - begun


def _bare_start() -> float:
    begun = perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return perf_counter() - begun


def _bare_memory() -> float:
    with _process(("-c", SLEEP)) as pid:
        sleep(0.5)
        return psutil.Process(pid).memory_info().rss / MIB
