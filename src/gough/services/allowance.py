"""How many bytes each agent may have stored an hour: one compromised machine must not fill the database's disk."""

from collections import Counter
from threading import Lock

from gough.domain.errors import Unavailable

SECONDS = 3600
BYTES = 16 * 2**20  # a whole day that was kept while the server was away has about 3 MiB


class Allowance:
    """Counted in this process."""

    def __init__(self) -> None:
        self._hour = -1
        self._spent: Counter[str] = Counter()
        self._lock = Lock()

    def spend(self, agent_id: str, size: int, seconds: float) -> None:
        """`seconds`: a time that goes on. Raises Unavailable: the agent keeps it, and brings it later."""
        with self._lock:
            if (hour := int(seconds // SECONDS)) != self._hour:
                self._hour, self._spent = hour, Counter()
            if self._spent[agent_id] + size > BYTES:
                raise Unavailable("Gough", f"This agent has sent more than {BYTES // 2**20} MiB within an hour.")
            self._spent[agent_id] += size
