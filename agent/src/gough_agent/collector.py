"""The registry of collectors: what each one is, how often it runs, and whether it may hang."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Sample: TypeAlias = Mapping[str, Json]
Collect: TypeAlias = Callable[[], Sample]

MINUTE = 50.0  # a heartbeat every 60 s comes up to a tenth early, and must not be passed over
FEW_MINUTES, HOUR = 290.0, 3590.0


class Collector(NamedTuple):
    """`every` in seconds; 0 is at each heartbeat. What may hang runs in a thread, under a deadline."""

    collect: Collect
    every: float = 0.0
    may_hang: bool = False


REGISTRY: dict[str, Collector] = {}


def collector(name: str, *, every: float = 0.0, may_hang: bool = False) -> Callable[[Collect], Collect]:
    """Register a function as the collector `name`; its units stand in its field names."""

    def register(collect: Collect) -> Collect:
        if name in REGISTRY:
            raise ValueError(f"two collectors are called {name}")
        REGISTRY[name] = Collector(collect, every, may_hang)
        return collect

    return register
