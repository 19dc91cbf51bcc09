"""Runs what may hang: in one thread, under a deadline. A hanging disk must not silence the machine."""

import threading
import time

from gough_agent.clock import timestamp
from gough_agent.collector import Collect, Sample

DEADLINE_SECONDS = 5.0


class Hanging(Exception):
    """The message says which collector hangs, and since when."""


class Guard:
    """There is one thread at most: while it hangs, nothing else that may hang is tried."""

    def __init__(self, deadline: float = DEADLINE_SECONDS) -> None:
        self._deadline = deadline
        self._stuck: _Attempt | None = None

    def run(self, name: str, collect: Collect) -> Sample:
        """What `collect` returns or raises; Hanging when that takes longer than the deadline."""
        if self._stuck is not None and self._stuck.is_alive():
            said = "still hanging" if self._stuck.name == name else f"not tried: {self._stuck.name} is hanging"
            raise Hanging(f"{said} since {timestamp(self._stuck.since)}")
        self._stuck, attempt = None, _Attempt(name, collect)
        attempt.start()
        attempt.join(self._deadline)
        if attempt.is_alive():
            self._stuck = attempt
            raise Hanging(f"no answer within {self._deadline:g} s")
        return attempt.result()


class _Attempt(threading.Thread):
    def __init__(self, name: str, collect: Collect) -> None:
        super().__init__(name=name, daemon=True)
        self.since = time.time()
        self._collect = collect
        self._sample: Sample = {}
        self._failure: Exception | None = None

    def run(self) -> None:
        try:
            self._sample = self._collect()
        except Exception as failure:  # raised again where it was asked for
            self._failure = failure

    def result(self) -> Sample:
        if self._failure is not None:
            raise self._failure
        return self._sample
