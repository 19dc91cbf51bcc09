"""What can be wrong with an agent that reports: what its heartbeat tells, and what two heartbeats betray."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from gough.domain.agents import AgentState
from gough.domain.clocks import in_words, is_far_off

Samples = Mapping[str, Any]
Reading = tuple[str, float]
"""(what it is of, such as a mount point; its value)"""


class Condition(StrEnum):
    """The worst first: an agent is called by the first of these that it has."""

    DUPLICATED = "duplicated"
    CLOCK_WRONG = "clock-wrong"
    DEGRADED = "degraded"


@dataclass(frozen=True, slots=True)
class Finding:
    """`name` stays the same while it lasts; `reason` may say new numbers. `value` is the skew of a clock."""

    name: str
    kind: Condition
    reason: str
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Sight:
    """What of a heartbeat is looked at. `dropped_before` is the count of an earlier one, `skew` None when unknown."""

    samples: Samples = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    dropped: int = 0
    dropped_before: int = 0
    skew: float | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """A finding from `at` on, until the value is below `until`: what stands on the limit is not told twice."""

    name: str
    readings: Callable[[Samples], Iterable[Reading]]
    at: float
    until: float
    words: str


def _list(samples: Samples, collector: str, name: str) -> Iterator[Mapping[str, Any]]:
    sample = samples.get(collector)
    entries = sample.get(name) if isinstance(sample, Mapping) else None
    yield from (entry for entry in entries if isinstance(entry, Mapping)) if isinstance(entries, list) else ()


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _share(part: object, whole: object) -> float:
    return 100 * _number(part) / _number(whole) if _number(whole) > 0 else 0.0


def _disks(samples: Samples) -> Iterator[Reading]:
    """Of what users may fill; what is kept for root does not count."""
    for found in _list(samples, "disk", "filesystems"):
        used = _number(found.get("used_bytes"))
        yield str(found.get("mountpoint")), _share(used, used + _number(found.get("available_bytes")))


def _inodes(samples: Samples) -> Iterator[Reading]:
    for found in _list(samples, "disk", "filesystems"):
        yield str(found.get("mountpoint")), _share(found.get("inodes_used"), found.get("inodes_total"))


def _memory(samples: Samples) -> Iterator[Reading]:
    memory = samples.get("memory")
    if isinstance(memory, Mapping):
        yield "", _number(memory.get("memory_used_percent"))


def _heat(samples: Samples) -> Iterator[Reading]:
    for found in _list(samples, "temperatures", "sensors"):
        yield (
            f"{found.get('chip')} {found.get('label')}".strip(),
            _share(found.get("celsius"), found.get("critical_celsius")),
        )


def _ill_disks(samples: Samples) -> Iterator[Reading]:
    for found in _list(samples, "smart", "disks"):
        yield str(found.get("name")), float(found.get("healthy") is False)


THRESHOLDS = (
    Threshold("disk", _disks, 95, 93, "{what} is {value:.0f} % full"),
    Threshold("inodes", _inodes, 95, 93, "{what} has used {value:.0f} % of its inodes"),
    Threshold("memory", _memory, 97, 93, "{value:.0f} % of the memory is used"),
    Threshold("temperature", _heat, 100, 95, "{what} is at {value:.0f} % of its critical temperature"),
    Threshold("smart", _ill_disks, 1, 1, "{what} says that it is failing"),
)
SPOOL, CLOCK, CLONE = "spool", "clock", "clone"
FORGOTTEN = {SPOOL: timedelta(hours=1), CLONE: timedelta(hours=1)}  # what one heartbeat tells, and the next no more


def findings(sight: Sight, held: Collection[str] = ()) -> tuple[Finding, ...]:
    """Everything that this heartbeat tells; `held` are the names that were known before it."""
    found = [
        Finding(f"collector {name}", Condition.DEGRADED, f"the collector {name} fails: {error[:200]}")
        for name, error in sight.errors.items()
    ]
    for limit in THRESHOLDS:
        for what, value in limit.readings(sight.samples):
            name = f"{limit.name} {what}".strip()
            if value >= (limit.until if name in held else limit.at):
                found.append(Finding(name, Condition.DEGRADED, limit.words.format(what=what, value=value)))
    if sight.dropped > sight.dropped_before:
        lost = sight.dropped - sight.dropped_before
        found.append(Finding(SPOOL, Condition.DEGRADED, f"{lost} heartbeats were lost: the spool was full"))
    if sight.skew is not None and is_far_off(sight.skew):
        reason = f"the machine's clock is {in_words(sight.skew)}"
        found.append(Finding(CLOCK, Condition.CLOCK_WRONG, reason, sight.skew))
    return tuple(found)


def ended(held: Collection[str], found: Collection[str], sight: Sight) -> set[str]:
    """Which of those that were known are over, as far as one heartbeat can tell."""
    untold = {*FORGOTTEN, *((CLOCK,) if sight.skew is None else ())}
    return set(held) - set(found) - untold


def kind_of(name: str) -> Condition:
    return {CLONE: Condition.DUPLICATED, CLOCK: Condition.CLOCK_WRONG}.get(name, Condition.DEGRADED)


def is_over(name: str, seen: datetime, now: datetime) -> bool:
    """Whether a condition that no heartbeat can end has not been seen for long enough."""
    return name in FORGOTTEN and now - seen >= FORGOTTEN[name]


def two_systems(boot_id: str, known: str, before: str) -> str:
    """Why a newest heartbeat's boot betrays a copied disk; empty when it does not. No boot comes back once it ended."""
    if boot_id and boot_id == before and known not in ("", before):
        return f"two systems report with this key in turn (boots {known[:8]} and {boot_id[:8]}): a copied disk?"
    return ""


def other_content(sequence: int) -> str:
    return f"heartbeat {sequence} came twice with different content: a copied disk, or an old snapshot of one?"


@dataclass(frozen=True, slots=True)
class Standing:
    """An agent in one word, and why."""

    name: str
    reason: str = ""


def standing(state: AgentState, conditions: Mapping[str, str], silence: str = "") -> Standing:
    """From {name: reason} of what is wrong. Silence covers everything: what was heard last may be true no more."""
    if state is not AgentState.ONLINE:
        return Standing(state.value, silence if state is AgentState.OFFLINE else "")
    for kind in Condition:
        reasons = [reason for name, reason in conditions.items() if kind_of(name) is kind]
        if reasons:
            return Standing(kind.value, "; ".join(reasons))
    return Standing(state.value)
