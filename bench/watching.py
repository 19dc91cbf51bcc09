"""What processes take while a load runs: memory and processor time, each with everything it has started."""

from collections.abc import Iterator, Mapping
from threading import Event, Thread
from time import monotonic
from typing import Self

import psutil

from bench.figure import Figure
from bench.server import cpu_seconds

LOOK_SECONDS = 2.0


class Watch:
    """Of the processes that run when the block begins, until it ends. What two share counts once, in halves (PSS)."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes = processes
        self._largest = dict.fromkeys(processes, 0.0)
        self._together = dict.fromkeys(processes, 0.0)
        self._used: dict[str, float] = {}
        self._ended = Event()
        self._thread = Thread(target=self._look, name="watch")

    def __enter__(self) -> Self:
        self._before = {name: cpu_seconds(pid) for name, pid in self._processes.items()}
        self._began = monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        seconds = monotonic() - self._began
        for name, pid in self._processes.items():
            self._used[name] = 100 * (cpu_seconds(pid) - self._before[name]) / seconds
        self._ended.set()
        self._thread.join()

    def figures(self, memory_limit: float, core_limit: float, note: str) -> Iterator[Figure]:
        for name in self._processes:
            largest, together = self._largest[name], self._together[name]
            yield Figure(f"{name}: memory where it works", largest, "MiB", memory_limit, "its limit", note)
            if together > largest:
                yield Figure(f"{name}: memory with its parent", together, "MiB", memory_limit, "its limit", note)
        for name, used in self._used.items():
            yield Figure(f"{name}: share of a core", used, "%", core_limit, "its limit", note)

    def _look(self) -> None:
        while True:
            for name, pid in self._processes.items():
                root = psutil.Process(pid)
                everyone = [one.memory_full_info() for one in (root, *root.children(recursive=True))]
                self._largest[name] = max(self._largest[name], *(one.rss / 2**20 for one in everyone))
                self._together[name] = max(self._together[name], sum(one.pss for one in everyone) / 2**20)
            if self._ended.wait(LOOK_SECONDS):
                return
