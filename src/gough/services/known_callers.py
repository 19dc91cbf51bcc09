"""Who a credential speaks for, remembered for a moment: whoever asks ten times a second is looked up once.

At most a second old, and never older than this process' last commit: what is revoked here ends at once, what another
process revokes a second later at most.
"""

from collections.abc import Callable, Hashable
from typing import TypeVar

Found = TypeVar("Found")

SECONDS = 1.0
MOST = 4096  # credentials; then all are forgotten, which costs each one look


class KnownCallers:
    """Safe to share between threads: each step is one operation on a dict."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[float, object, object]] = {}

    def get(self, credential: Hashable, ask: Callable[[], Found], now: float, last_commit: object) -> Found:
        """`credential` is hashed already, and has with it whatever else `ask` looks at. What it raises is not kept.

        `now`, seconds from any beginning, and the database's `last_commit` are both taken before `ask` is asked.
        """
        known = self._known.get(credential)
        if known is not None and known[1] is last_commit and 0 <= now - known[0] < SECONDS:
            return known[2]  # type: ignore[return-value]  # it is what this credential's `ask` gave
        found = ask()
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[credential] = (now, last_commit, found)
        return found
