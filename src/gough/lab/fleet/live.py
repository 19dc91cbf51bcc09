"""Live queries: somebody waits in a request while hosts ask for work and bring their answers."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LiveResult:
    host_id: int
    rows: list[dict[str, str]]
    error: str


@dataclass(slots=True)
class Campaign:
    id: int
    sql: str
    waiting: set[int]
    results: list[LiveResult] = field(default_factory=list)


class Campaigns:
    """Shares the server's lock, and lets go of it while somebody waits."""

    def __init__(self, lock: threading.RLock, seconds: float) -> None:
        self._changed = threading.Condition(lock)
        self._seconds = seconds
        self._running: dict[int, Campaign] = {}
        self._number = 0

    def run(self, sql: str, host_ids: Iterable[int]) -> list[LiveResult]:
        """Waits until all of them have answered, but not for ever."""
        with self._changed:
            self._number += 1
            campaign = self._running[self._number] = Campaign(self._number, sql, set(host_ids))
            self._changed.wait_for(lambda: not campaign.waiting, self._seconds)
            del self._running[campaign.id]
            return campaign.results

    def for_host(self, host_id: int) -> dict[int, str]:
        return {one.id: one.sql for one in self._running.values() if host_id in one.waiting}

    def answered(self, number: int, result: LiveResult) -> None:
        """An answer that comes too late is dropped."""
        campaign = self._running.get(number)
        if campaign is not None and result.host_id in campaign.waiting:
            campaign.waiting.discard(result.host_id)
            campaign.results.append(result)
            self._changed.notify_all()
