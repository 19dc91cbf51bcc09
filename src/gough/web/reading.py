"""Places for reading bodies. A worker has few threads, and clients that dawdle must not hold all of them.

granian times headers, not bodies, and a read from it can neither be limited nor left: giving one up in another thread
stops the whole worker (seen with 2.8). So only so many are made at once, and few from one address; a proxy that
buffers bodies, as nginx does, keeps slow ones away altogether.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from gough.web.problem import Fault

MOST = 96  # of the 128 threads: some are always there to answer
MOST_OF_ONE = 32  # address
TURNED_AWAY = (("Retry-After", "5"), ("Connection", "close"))


class Places:
    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()
        self._lock = Lock()

    @contextmanager
    def one(self, address: str) -> Iterator[None]:
        """While a body from there is read. Raises Fault 503 where too many are."""
        with self._lock:
            if self._taken.total() >= MOST or self._taken[address] >= MOST_OF_ONE:
                hint = "Send bodies faster, or fewer at a time."
                said = "Too many bodies are on their way."
                raise Fault(503, "OUTSIDE_UNAVAILABLE", said, hint=hint, headers=TURNED_AWAY)
            self._taken[address] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[address] -= 1
                if not self._taken[address]:
                    del self._taken[address]
