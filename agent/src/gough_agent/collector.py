"""The registry of collectors, and one pass over it. A failing collector never takes the others down."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Sample: TypeAlias = Mapping[str, Json]
Collect: TypeAlias = Callable[[], Sample]

REGISTRY: dict[str, Collect] = {}
MAX_ERROR_CHARACTERS = 300


class Pass(NamedTuple):
    """`samples` by collector, without those that failed; `collectors`: {name: {"seconds", "error"}} for all."""

    samples: dict[str, Sample]
    collectors: dict[str, Sample]


def collector(name: str) -> Callable[[Collect], Collect]:
    """Register a function as the collector `name`; its units stand in its field names."""

    def register(collect: Collect) -> Collect:
        if name in REGISTRY:
            raise ValueError(f"two collectors are called {name}")
        REGISTRY[name] = collect
        return collect

    return register


def collect_all(registry: Mapping[str, Collect] = REGISTRY) -> Pass:
    done = Pass({}, {})
    for name, collect in registry.items():
        started, error = time.perf_counter(), None
        try:
            sample = collect()
            json.dumps(sample, allow_nan=False)  # what can't be sent fails here, alone
            done.samples[name] = sample
        except Exception as failure:  # isolation is the point: whatever it is, the others go on
            error = f"{type(failure).__name__}: {failure}"[:MAX_ERROR_CHARACTERS]
        done.collectors[name] = {"seconds": round(time.perf_counter() - started, 6), "error": error}
    return done
