"""Time as an argument: a clock that moves only when a test moves it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session


class Clock:
    """What `Database(url, clock=…)` takes, and the same moment in seconds for MAAS and its client."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self, _session: Session | None = None) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def forward(self, *, seconds: float = 0, minutes: float = 0) -> None:
        self.now += timedelta(seconds=seconds, minutes=minutes)
