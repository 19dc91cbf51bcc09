"""What a measurement gives: a value, and next to it the value of something that cannot be done without."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to measure. `quick` is for CI: the same figures from fewer rounds and smaller loads."""

    quick: bool = False

    @property
    def rounds(self) -> int:
        return 3 if self.quick else 7

    def count(self, full: int) -> int:
        """A load's size: a fifth of it when quick."""
        return max(1, full // 5) if self.quick else full


@dataclass(frozen=True, slots=True)
class Figure:
    """`baseline` has the same unit as `value`; `against` says what it is. None where nothing compares.

    `limit` is what the value must not pass, `ratio_limit` the same of the ratio; of a rate (`.../s`), more is better.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    against: str = ""
    note: str = ""
    limit: float | None = None
    ratio_limit: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline if self.baseline else None

    @property
    def verdict(self) -> str:
        """`ok` or `over`, with the limit; empty where there is none."""
        told = []
        for name, found, limit in (("", self.value, self.limit), ("ratio ", self.ratio, self.ratio_limit)):
            if limit is None or found is None:
                continue
            more_is_better = self.unit.endswith("/s")
            kept = found >= limit if more_is_better else found <= limit
            told.append(f"{'ok' if kept else 'over'}: {name}{'>=' if more_is_better else '<='} {limit:g}")
        return ", ".join(told)


Measure = Callable[[Effort], list[Figure]]


def in_turn(rounds: int, ours: Callable[[], float], bare: Callable[[], float]) -> tuple[float, float]:
    """Both medians, measured turn by turn: what else the computer does meanwhile then falls on both alike."""
    ours(), bare()
    pairs = [(ours(), bare()) for _ in range(rounds)]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def median_of(rounds: int, once: Callable[[], float]) -> float:
    """The median of `once` over so many rounds, after one that is not counted."""
    once()
    return median(once() for _ in range(rounds))
