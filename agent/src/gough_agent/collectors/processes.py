"""How many processes there are, and the three that use most. By the kernel's short name: command lines hold secrets.

Read from /proc/PID/stat, see proc_pid_stat(5): one small file a process is a tenth of what psutil's objects cost.
"""

import os
import time
from pathlib import Path
from typing import NamedTuple

from gough_agent import host
from gough_agent.collector import MINUTE, Json, Sample, collector

TOP = 3
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Process(NamedTuple):
    pid: int
    name: str
    state: str
    busy_seconds: float
    started: float  # seconds after boot
    threads: int
    memory_bytes: int


class Meter:
    """Remembers the last reading. The first sample's share of a processor is each process's since its own start."""

    def __init__(self) -> None:
        self._at = 0.0
        self._busy: dict[tuple[int, float], float] = {}

    def sample(self) -> Sample:
        now, found = time.clock_gettime(time.CLOCK_BOOTTIME), _processes(host.proc())
        cpu = {process: self._percent(process, now) for process in found}
        self._at, self._busy = now, {(one.pid, one.started): one.busy_seconds for one in found}
        states = [process.state for process in found]
        by_memory = sorted(found, key=lambda one: one.memory_bytes, reverse=True)[:TOP]
        by_cpu = sorted(found, key=lambda one: cpu[one], reverse=True)[:TOP]
        memory_top: list[Json] = [{"name": o.name, "pid": o.pid, "memory_bytes": o.memory_bytes} for o in by_memory]
        cpu_top: list[Json] = [{"name": o.name, "pid": o.pid, "cpu_percent": cpu[o]} for o in by_cpu]
        return {
            "count": len(found),
            "threads": sum(process.threads for process in found),
            "running": states.count("R"),
            "blocked": states.count("D"),
            "zombies": states.count("Z"),
            "top_memory": memory_top,
            "top_cpu": cpu_top,
        }

    def _percent(self, process: Process, now: float) -> float:
        """Of one core, since the last sample."""
        spent = process.busy_seconds - self._busy.get((process.pid, process.started), 0.0)
        span = now - max(self._at, process.started)
        return round(100 * max(0.0, spent) / span, 1) if span > 0 else 0.0


def _processes(proc: Path) -> list[Process]:
    found = []
    for name in os.listdir(proc):  # noqa: PTH208 — a Path for each of thousands is what this avoids
        if name.isdecimal():
            try:
                with open(f"{proc}/{name}/stat", "rb", buffering=0) as file:  # noqa: PTH123
                    found.append(_parsed(file.read(1024).decode("utf-8", "replace")))
            except OSError:
                continue  # it has ended
    return found


def _parsed(line: str) -> Process:
    """The name stands in parentheses, and may hold any character, parentheses too."""
    pid, _, rest = line.partition(" (")
    name, _, rest = rest.rpartition(") ")
    field = rest.split()
    return Process(
        pid=int(pid),
        name=name,
        state=field[0],
        busy_seconds=(int(field[11]) + int(field[12])) / TICKS,
        threads=int(field[17]),
        started=int(field[19]) / TICKS,
        memory_bytes=int(field[21]) * PAGE_BYTES,
    )


collector("processes", every=MINUTE)(Meter().sample)
