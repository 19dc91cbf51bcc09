"""When a request is sent again: only where that cannot do anything twice."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial

import httpx

KEY = "Idempotency-Key"
BUSY = 429  # the request was not looked at
AWAY = 503  # it may have been
LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Retries:
    """So many times more, waiting `first` seconds, then twice as long each time, or what the server says."""

    most: int = 4
    first: float = 0.5
    sleep: Callable[[float], None] = time.sleep


NEVER = Retries(most=0)


def send(
    http: httpx.Client, request: httpx.Request, retries: Retries, *, stream: bool = False, anonymous: bool = False
) -> httpx.Response:
    """The answer, whatever it says. Raises httpx.TransportError where there is none at last."""
    once = partial(http.send, request, stream=stream, auth=None if anonymous else httpx.USE_CLIENT_DEFAULT)
    for number in range(retries.most):
        try:
            answer = once()
        except httpx.TransportError:
            if not _is_repeatable(request):
                raise
            wait = None
        else:
            again = answer.status_code == BUSY or (answer.status_code == AWAY and _is_repeatable(request))
            wait = _told(answer)
            if not again or (wait is not None and wait > LONGEST_WAIT):
                return answer
            answer.close()
        retries.sleep(_backoff(number, retries.first) if wait is None else wait)
    return once()


def _is_repeatable(request: httpx.Request) -> bool:
    return request.method in ("GET", "HEAD") or KEY in request.headers


def _backoff(number: int, first: float) -> float:
    """Everybody waits a different time, so that not all come back at once."""
    return min(LONGEST_WAIT, first * float(2**number)) * random.uniform(0.5, 1.0)  # noqa: S311


def _told(answer: httpx.Response) -> float | None:
    """`Retry-After` in seconds, written either way; None where it says nothing."""
    text = answer.headers.get("Retry-After", "")
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        moment: datetime = parsedate_to_datetime(text)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
