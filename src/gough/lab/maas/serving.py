"""How long the region takes to answer, when a test wants it to take as long as a real one.

A real regiond with 1,100 machines: lists and single reads take 0.5 s and 0.039 s a machine and wait for each other;
everything else is quick, but is not answered before the list that is being written is.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Serving:
    """`machine_bytes`: how long one machine's JSON is at least; a real one has 37,000 to 43,000."""

    fixed_seconds: float = 0.0
    per_machine_seconds: float = 0.0
    machine_bytes: int = 0
    wait: Callable[[float], None] = time.sleep

    def seconds(self, machines: int) -> float:
        return self.fixed_seconds + self.per_machine_seconds * machines


A_MACHINE = 0.039 / 0.5  # of what an answer takes that names none


def as_slow_as(seconds: float, machine_kb: int) -> Serving:
    """`seconds` for an answer, and for each machine in it as much more as a real region takes."""
    return Serving(seconds, seconds * A_MACHINE, machine_kb * 1000)


class Desk:
    """One at a time for reading machines; the others let only the one being served go first.

    `waiting`: how many of either kind do.
    """

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        self.spent = 0.0
        self.waiting = 0
        self._changed = threading.Condition()
        self._served = 0
        self._busy = False

    def read(self, machines: int) -> None:
        """Takes the time that reading so many machines takes."""
        seconds = self.serving.seconds(machines)
        if seconds:
            with self._alone():
                self.serving.wait(seconds)
                self.spent += seconds

    def let_pass(self) -> None:
        """Waits until the one that is being served now is done, not for those behind it."""
        with self._changed:
            now = self._served
            self._wait(lambda: not self._busy or self._served != now)

    def _wait(self, until: Callable[[], bool]) -> None:
        self.waiting += 1
        self._changed.wait_for(until)
        self.waiting -= 1

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._changed:
            self._wait(lambda: not self._busy)
            self._busy = True
        try:
            yield
        finally:
            with self._changed:
                self._busy, self._served = False, self._served + 1
                self._changed.notify_all()
