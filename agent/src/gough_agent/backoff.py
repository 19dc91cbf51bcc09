"""How long to wait: jitter between heartbeats, growing waits between failures. Seconds throughout."""

import random

MAX_BACKOFF_SECONDS = 300.0
MAX_RETRY_AFTER_SECONDS = 3600.0
JITTER = 0.10


def spread(interval: float) -> float:
    """The interval ± 10 %, so that servers installed together don't report together."""
    return interval * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 — spreading load, no secret


def pause(seconds: float) -> float:
    """Between a half of it and one and a half, so that servers that were all cut off don't all return at once."""
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311


class Backoff:
    """Waits that double from a tenth of the interval to five minutes; each is shortened by up to a half, at random."""

    def __init__(self) -> None:
        self._failures = 0

    def next(self, interval: float, retry_after: float | None = None) -> float:
        """Never sooner than the server asked for, and up to a tenth later."""
        # The exponent is capped: 2.0**1024 overflows, and an outage may last for weeks.
        full = min(MAX_BACKOFF_SECONDS, interval / 10 * 2.0 ** min(self._failures, 40))
        self._failures += 1
        wait = full * random.uniform(0.5, 1.0)  # noqa: S311
        if retry_after is not None:
            asked = min(retry_after, MAX_RETRY_AFTER_SECONDS)
            wait = max(wait, asked * random.uniform(1.0, 1 + JITTER))  # noqa: S311
        return wait

    def reset(self) -> None:
        self._failures = 0
