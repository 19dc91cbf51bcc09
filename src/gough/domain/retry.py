"""How long to wait before the same thing is tried again."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubling waits with full jitter above half: many jobs that failed together do not come back together."""

    first: timedelta = timedelta(seconds=1)
    ceiling: timedelta = timedelta(seconds=60)

    def delay(self, attempt: int, chance: float) -> timedelta:
        """Wait before try number `attempt` + 1 (the first try is 1). `chance` is in [0, 1)."""
        full = min(self.first * float(2 ** min(attempt - 1, 30)), self.ceiling)
        return full * (0.5 + chance / 2)
