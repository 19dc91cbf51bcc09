"""What a rule of diagnosis is made of, and the words that rules share."""

from dataclasses import dataclass

from gough.domain.stages import Outcome
from gough.domain.timeline import Source


@dataclass(frozen=True, slots=True)
class Match:
    """Regular expressions, searched; empty matches anything. `by_somebody`: only when a user is named."""

    source: Source
    kind: str = ""
    message: str = ""
    by_somebody: bool = False


BADLY = frozenset({Outcome.FAILED, Outcome.OVERDUE})
OVERDUE = frozenset({Outcome.OVERDUE})
MAAS_STAGES = frozenset({"submit", "install", "commission", "test", "erase", "release"})
AFTER_INSTALL = frozenset({"first-boot", "agent", "enrol", "security", "configure", "verify"})
ASKING_MAAS = frozenset({"submit", "mark"})  # a later stage ends badly for reasons of its own
EVERY_STAGE = MAAS_STAGES | ASKING_MAAS | AFTER_INSTALL | {"validate"}


@dataclass(frozen=True, slots=True)
class Rule:
    """All of `present` and none of `absent` must be in the timeline. `source` says where the evidence is defined."""

    cause: str
    stages: frozenset[str]
    summary: str
    next_action: str
    source: str
    present: tuple[Match, ...] = ()
    absent: tuple[Match, ...] = ()
    absence_in_words: str = ""
    outcomes: frozenset[Outcome] = BADLY
