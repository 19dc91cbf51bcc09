"""node_exporter beside the agent, where it is installed (Debian: prometheus-node-exporter)."""

import shutil
import subprocess
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from time import sleep

import psutil

from bench.figure import Effort, Figure
from bench.server import cpu_seconds, free_port

NAMES = ("node_exporter", "prometheus-node-exporter")
SCRAPES = 100
MIB = 1024 * 1024
AGAINST = "node_exporter, its default collectors"


def figures(memory: float, beat: float, effort: Effort) -> list[Figure]:
    """The agent's two figures once more, against node_exporter's. None where that is not installed."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        return []
    port = free_port()
    command = [program, f"--web.listen-address=127.0.0.1:{port}", "--web.disable-exporter-metrics"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(port)
        before = cpu_seconds(process.pid)
        for _ in range(effort.count(SCRAPES)):
            _scrape(port)
        used = (cpu_seconds(process.pid) - before) / effort.count(SCRAPES) * 1000
        resident = psutil.Process(process.pid).memory_info().rss / MIB
    finally:
        process.kill()
        process.wait()
    return [
        Figure("agent, memory", memory, "MiB", resident, AGAINST),
        Figure("agent, a heartbeat", beat, "ms CPU", used, AGAINST, "it answers a scrape, and measures more"),
    ]


def _await(port: int) -> None:
    for _ in range(100):
        with suppress(OSError, HTTPException):
            _scrape(port)
            return
        sleep(0.1)
    raise TimeoutError("node_exporter did not answer")


def _scrape(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/metrics")
    connection.getresponse().read()
    connection.close()
