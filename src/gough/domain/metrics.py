"""What is kept of samples as numbers over time: a closed table of series, and the arithmetic of roll-ups."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Samples = Mapping[str, Any]
Read = Callable[[Samples], float | None]


@dataclass(frozen=True, slots=True)
class Series:
    """`is_counter`: it counts since boot, and its rate is kept."""

    name: str
    unit: str
    title: str
    read: Read
    is_counter: bool = False


def number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _field(collector: str, name: str) -> Read:
    def read(samples: Samples) -> float | None:
        sample = samples.get(collector)
        return number(sample.get(name)) if isinstance(sample, Mapping) else None

    return read


def _entries(collector: str, name: str, value: Callable[[Samples], float | None], join: Callable[..., float]) -> Read:
    """Over the entries of a list that have the value."""

    def read(samples: Samples) -> float | None:
        sample = samples.get(collector)
        entries = sample.get(name) if isinstance(sample, Mapping) else None
        found = [value(entry) for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []
        known = [each for each in found if each is not None]
        return join(known) if known else None

    return read


def full(filesystem: Samples) -> float | None:
    """Percent of what users may fill."""
    used, free = number(filesystem.get("used_bytes")), number(filesystem.get("available_bytes"))
    return None if used is None or free is None or used + free <= 0 else 100 * used / (used + free)


def _of(name: str) -> Callable[[Samples], float | None]:
    return lambda entry: number(entry.get(name))


SERIES = (
    Series("cpu", "%", "Processor", _field("cpu", "percent")),
    Series("iowait", "%", "Waiting for disks", _field("cpu", "iowait_percent")),
    Series("load", "", "Load over 1 minute", _field("load", "load_1m")),
    Series("memory", "%", "Memory used", _field("memory", "memory_used_percent")),
    Series("swap", "B", "Swap used", _field("memory", "swap_used_bytes")),
    Series("disk", "%", "Fullest filesystem", _entries("disk", "filesystems", full, max)),
    Series("disk-read", "B/s", "Read from disks", _field("disk", "read_bytes"), is_counter=True),
    Series("disk-written", "B/s", "Written to disks", _field("disk", "written_bytes"), is_counter=True),
    Series("net-in", "B/s", "Received", _entries("network", "interfaces", _of("received_bytes"), sum), True),
    Series("net-out", "B/s", "Sent", _entries("network", "interfaces", _of("sent_bytes"), sum), True),
    Series("temperature", "°C", "Hottest sensor", _entries("temperatures", "sensors", _of("celsius"), max)),
    Series("processes", "", "Processes", _field("processes", "count")),
)
BY_NAME: Mapping[str, Series] = {series.name: series for series in SERIES}
FIVE_MINUTES, HOUR = 300, 3600
STEPS = (FIVE_MINUTES, HOUR)
KEPT: Mapping[int, timedelta] = {FIVE_MINUTES: timedelta(days=30), HOUR: timedelta(days=365)}
RAW_KEPT = timedelta(hours=48)
LONGEST_GAP = timedelta(minutes=15)  # over a longer one, a rate says nothing of a moment
MOST_POINTS = 800


@dataclass(frozen=True, slots=True)
class Reading:
    """One heartbeat's numbers: counters as they are."""

    at: datetime
    boot_id: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Cell:
    """A series over a stretch of time. `last` is its newest value, in the order of time."""

    low: float
    total: float
    high: float
    last: float
    count: int

    @property
    def average(self) -> float:
        return self.total / self.count

    @classmethod
    def of(cls, value: float) -> "Cell":
        return cls(value, value, value, value, 1)


def reading(message: Mapping[str, Any], at: datetime) -> Reading:
    """Of a heartbeat as it came. What a collector did not measure is left out."""
    found = message.get("samples")
    samples = found if isinstance(found, Mapping) else {}
    values = {series.name: series.read(samples) for series in SERIES}
    boot_id = message.get("boot_id")
    return Reading(at, str(boot_id or ""), {name: value for name, value in values.items() if value is not None})


def measured(now: Reading, before: Reading | None) -> Mapping[str, float]:
    """The numbers of `now`, with rates for its counters where `before` allows them: the same boot, not long ago."""
    values = {name: value for name, value in now.values.items() if not BY_NAME[name].is_counter}
    if before is None or before.boot_id != now.boot_id or not timedelta(0) < now.at - before.at <= LONGEST_GAP:
        return values
    seconds = (now.at - before.at).total_seconds()
    for name, value in now.values.items():
        earlier = before.values.get(name)
        if BY_NAME[name].is_counter and earlier is not None and value >= earlier:
            values[name] = (value - earlier) / seconds
    return values


def merged(first: Cell, second: Cell, *, second_is_newer: bool = True) -> Cell:
    return Cell(
        min(first.low, second.low), first.total + second.total, max(first.high, second.high),
        second.last if second_is_newer else first.last, first.count + second.count,
    )  # fmt: skip


def beginning(at: datetime, step: int) -> datetime:
    """Of the stretch of `step` seconds that `at` is in."""
    seconds = int(at.timestamp())
    return datetime.fromtimestamp(seconds - seconds % step, UTC)


def step_for(span: timedelta, age: timedelta, interval: timedelta) -> int:
    """Seconds between points: 0 for the samples themselves, else the finest that is kept and gives few enough.

    `age` is how long ago the span begins. Hours are drawn together where a year has too many.
    """
    if age <= RAW_KEPT and span / interval <= MOST_POINTS:
        return 0
    for step in STEPS:
        if age <= KEPT[step] and span.total_seconds() / step <= MOST_POINTS:
            return step
    hours = -(-span.total_seconds() // (MOST_POINTS * HOUR))
    return max(1, int(hours)) * HOUR


def drawn_together(points: Iterable[tuple[datetime, Cell]], step: int) -> list[tuple[datetime, Cell]]:
    """`points` in the order of time, as few as `step` seconds make of them."""
    found: dict[datetime, Cell] = {}
    for at, cell in points:
        begin = beginning(at, step)
        found[begin] = merged(found[begin], cell) if begin in found else cell
    return sorted(found.items())
