"""Group commit: what many threads want written at the same time is written in one transaction.

There is no thread of its own that could die: the first to come leads, writes what has gathered, and hands the lead
to the one that has waited longest. A group grows by itself, with what comes while the one before is being committed.
Where many come, its leader waits some milliseconds for more: it is the transaction that costs.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from time import sleep
from typing import Any

MOST = 256  # in one transaction
GATHER = 0.01  # seconds that a leader waits for others, where the group before it was one
CROWD = 4  # a group of so many says that others are coming
ROOM = 96  # waiting threads: fewer than a server has, so that people's pages find one


class Full(Exception):
    """Too many wait already."""


@dataclass(slots=True)
class _Waiter:
    item: Any
    turn: Lock = field(default_factory=Lock)  # held while it waits; let go when it is done, or is to lead
    outcome: Any = None
    is_done: bool = False


class GroupCommit:
    """First come, first written. `write(items)` gives an outcome for each; an Exception among them is raised there."""

    def __init__(self, *, most: int = MOST, room: int = ROOM, gather: float = GATHER) -> None:
        self._most, self._room, self._gather = most, room, gather
        self._last = 0  # how many were in the group before
        self._lock, self._waiting, self._is_led = Lock(), deque[_Waiter](), False

    def submit(self, item: Any, write: Callable[[Sequence[Any]], Sequence[Any]]) -> Any:
        """The item's outcome, after its commit. Raises Full at once, and whatever `write` raised for its group."""
        mine = _Waiter(item)
        mine.turn.acquire()
        with self._lock:
            if len(self._waiting) >= self._room:
                raise Full
            self._waiting.append(mine)
            leads, self._is_led = not self._is_led, True
        if not leads:
            mine.turn.acquire()
        if not mine.is_done:
            self._lead(mine, write)
        if isinstance(mine.outcome, BaseException):
            raise mine.outcome
        return mine.outcome

    def _lead(self, mine: _Waiter, write: Callable[[Sequence[Any]], Sequence[Any]]) -> None:
        """It stands first in the line, so one group is enough."""
        if self._last >= CROWD and len(self._waiting) < self._last:
            sleep(self._gather)
        with self._lock:
            group = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        assert group[0] is mine
        self._last = len(group)
        try:
            outcomes: Sequence[Any] = write([waiter.item for waiter in group])
        except BaseException as error:
            outcomes = [error] * len(group)
        with self._lock:
            following = self._waiting[0] if self._waiting else None
            self._is_led = following is not None
        if following is not None:
            following.turn.release()
        for waiter, outcome in zip(group, outcomes, strict=True):
            waiter.outcome, waiter.is_done = outcome, True
            if waiter is not mine:
                waiter.turn.release()
