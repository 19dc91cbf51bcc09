"""One look at a region: its client, how long it kept the region busy, and what there is to remember of it."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import update

from gough.domain.errors import GoughError
from gough.domain.pacing import CHUNK_SECONDS, SLOW_SECONDS, next_chunk
from gough.persistence.models import Region
from gough.ports import Provisioner
from gough.services.context import Use

Result = TypeVar("Result")
WINDOW = timedelta(seconds=60)


class Visit:
    """`region` is the row as it was when the visit began; what changes during it is kept here."""

    def __init__(self, use: Use, region: Region, now: datetime) -> None:
        self.use, self.region, self.began_at = use, region, now
        self.client: Provisioner = use.provisioner(region)
        self.chunk_size = region.chunk_size
        self.lag: float | None = None
        self._busy = self._reconcile = self._slowest = 0.0

    def ask(self, call: Callable[[], Result], *, reconcile: bool = False) -> tuple[Result, float]:
        """The answer, and the seconds it took; they count as the region's time."""
        started = self.use.timer()
        try:
            answer = call()
        finally:
            took = self.use.timer() - started
            self._busy += took
            self._reconcile += took if reconcile else 0.0
            self._slowest = max(self._slowest, took)
        return answer, took

    def adapt(self, asked: int, seconds: float) -> None:
        """Learn the size of a chunk from one that was answered."""
        if asked == self.chunk_size or seconds > CHUNK_SECONDS:
            self.chunk_size = next_chunk(asked, seconds)

    def chunks(self, items: Iterable[str]) -> "Iterable[list[str]]":
        """The items in pieces; each as large as is right when it is taken."""
        rest = list(items)
        while rest:
            size = self.chunk_size
            yield rest[:size]
            rest = rest[size:]

    def now(self) -> datetime:
        with self.use.database.read() as session:
            return self.use.database.now(session)

    def set(self, **values: Any) -> None:
        set_region(self.use, self.region.id, **values)

    def end(self, error: GoughError | None) -> None:
        """Remember how it went. `down`: it may come back by itself; `refused`: somebody must act."""
        values: dict[str, Any] = {"chunk_size": self.chunk_size, **self._window(), **self._health(error)}
        if error is None:
            values["polled_at"] = self.began_at
        if self.lag is not None:
            values["lag_seconds"] = self.lag
        self.set(**values)

    def end_notices(self) -> None:
        """After machines that the feed named: what it cost, without a word on the region's health."""
        self.set(chunk_size=self.chunk_size, **self._window())

    def _health(self, error: GoughError | None) -> dict[str, str]:
        if error is not None:
            return {"health": "down" if error.retryable else "refused", "health_reason": f"{error} {error.hint}"}
        if self._slowest > SLOW_SECONDS:
            said = f"One answer took {self._slowest:.0f} s. Look at the region's load; Gough asks for less at a time."
            return {"health": "slow", "health_reason": said}
        return {"health": "ok", "health_reason": ""}

    def _window(self) -> dict[str, Any]:
        region, now = self.region, self.now()
        busy, reconcile = region.window_busy + self._busy, region.window_reconcile + self._reconcile
        began = region.window_began_at
        if began is not None and now - began < WINDOW:
            return {"window_busy": busy, "window_reconcile": reconcile}
        fresh: dict[str, Any] = {"window_began_at": now, "window_busy": 0.0, "window_reconcile": 0.0}
        if began is None:
            return fresh
        elapsed = (now - began).total_seconds()
        return fresh | {"duty": busy / elapsed, "reconcile_duty": reconcile / elapsed}


def set_region(use: Use, region_id: str, **values: Any) -> None:
    with use.database.write() as session:
        session.execute(update(Region).where(Region.id == region_id).values(**values))
