"""How urgent a job is: words for people, numbers to sort by. What is left out is normal."""

from collections.abc import Mapping
from enum import StrEnum


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


RANKS: Mapping[Priority, int] = {Priority.LOW: -10, Priority.NORMAL: 0, Priority.HIGH: 10, Priority.URGENT: 20}
"""The larger begins first."""


def word_of(rank: int) -> Priority:
    """The word for a stored number; for one between two words the lower."""
    return max((word for word in RANKS if RANKS[word] <= rank), key=RANKS.__getitem__, default=Priority.LOW)
