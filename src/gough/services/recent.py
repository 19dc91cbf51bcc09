"""What an outside system has just answered, for so long that a page which is looked at often costs it nothing."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

Value = TypeVar("Value")


class Recent:
    """In this process alone. Safe to share between threads: of those that ask for one thing, one asks outside."""

    def __init__(self, seconds: float = 60.0) -> None:
        self._seconds = seconds
        self._lock = Lock()
        self._asking: dict[Hashable, Lock] = {}
        self._known: dict[Hashable, tuple[float, Any]] = {}

    def get(self, key: Hashable, ask: Callable[[], Value], now: Callable[[], float]) -> Value:
        """What `ask` gave within the last seconds, or gives now; what it raises is not remembered."""
        with self._lock:
            mine = self._asking.setdefault(key, Lock())
        with mine:
            if key in self._known and now() - self._known[key][0] < self._seconds:
                found: Value = self._known[key][1]
                return found
            found = ask()
            self._known[key] = (now(), found)
            return found
