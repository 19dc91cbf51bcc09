"""One pass over the collectors for each heartbeat. A failing one never takes the others down."""

import json
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from gough_agent.collector import REGISTRY, Collector, Json, Sample
from gough_agent.guard import Guard

MAX_ERROR_CHARACTERS = 300
RETRY_SECONDS = 290.0  # a failed one is tried again, even if it usually runs once an hour


class Pass(NamedTuple):
    """`samples` by collector, without those that failed; `collectors` says of each how long it took, and its error."""

    samples: dict[str, Sample]
    collectors: dict[str, Sample]


class Measured(NamedTuple):
    """`at` is on the survey's clock; `sample` is None when it failed, and `error` says why."""

    at: float
    seconds: float
    sample: Sample | None
    error: str | None


class Survey:
    """Each collector runs at its own period; until then its last sample is given again, with its age."""

    def __init__(
        self, registry: Mapping[str, Collector] = REGISTRY, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._registry, self._clock = registry, clock
        self._guard = Guard()
        self._last: dict[str, Measured] = {}

    def take(self) -> Pass:
        done = Pass({}, {})
        for name, collector in self._registry.items():
            known = self._last.get(name)
            fresh = known is None or self._clock() - known.at >= _period(collector, known)
            if known is None or fresh:
                known = self._last[name] = self._measure(name, collector)
            if known.sample is not None:
                done.samples[name] = known.sample
            about: dict[str, Json] = {"seconds": known.seconds, "error": known.error}
            done.collectors[name] = about if fresh else {**about, "age_seconds": round(self._clock() - known.at, 1)}
        return done

    def forget(self) -> None:
        """Everything is measured anew by the next pass."""
        self._last.clear()

    def errors(self) -> dict[str, str]:
        """Why, by the name of each that failed when it last ran."""
        return {name: known.error for name, known in self._last.items() if known.error is not None}

    def _measure(self, name: str, collector: Collector) -> Measured:
        at, started = self._clock(), time.perf_counter()
        sample, error = None, None
        try:
            collect = collector.collect
            found = self._guard.run(name, collect) if collector.may_hang else collect()
            json.dumps(found, allow_nan=False)  # what can't be sent fails here, alone
            sample = found
        except Exception as failure:  # isolation is the point: whatever it is, the others go on
            error = f"{type(failure).__name__}: {failure}"[:MAX_ERROR_CHARACTERS]
        return Measured(at, round(time.perf_counter() - started, 6), sample, error)


def _period(collector: Collector, last: Measured) -> float:
    return collector.every if last.error is None else min(collector.every, RETRY_SECONDS)
