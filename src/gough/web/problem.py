"""The one place where errors become HTTP answers: RFC 9457 problem details."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import orjson
import structlog
from structlog.contextvars import get_contextvars

from gough.domain.errors import (
    Conflict,
    Denied,
    Gone,
    GoughError,
    Invalid,
    LeaseLost,
    Misconfigured,
    NotFound,
    Outside,
    Problem,
    Unauthenticated,
    Unavailable,
)
from gough.web.message import Answer, Headers

log = structlog.get_logger()

STATUS: Mapping[type[GoughError], int] = {
    Invalid: 422,
    Unauthenticated: 401,
    Denied: 403,
    NotFound: 404,
    Conflict: 409,
    LeaseLost: 409,
    Gone: 410,
    Misconfigured: 500,
    Outside: 502,
    GoughError: 500,
}
OURS = ("database", "Gough")  # parts of Gough, not another system behind it
RETRY_AFTER_SECONDS = 5


def code_and_status(kind: type[GoughError]) -> tuple[int, str]:
    """How an error of this class is told, as (status, code)."""
    return next(status for known, status in STATUS.items() if issubclass(kind, known)), kind.code


class Fault(Exception):
    """A request that HTTP itself refuses, before any use case is asked: a wrong path, too large, not JSON."""

    def __init__(self, status: int, code: str, message: str, *, hint: str = "", headers: Headers = ()) -> None:
        super().__init__(message)
        self.status, self.code, self.hint, self.headers = status, code, hint, headers


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error as people and programs are told of it, whatever the form of the answer."""

    status: int
    code: str
    title: str
    detail: str
    hint: str
    retryable: bool = False
    problems: tuple[Problem, ...] = ()
    headers: Headers = ()

    @property
    def request_id(self) -> str:
        return str(get_contextvars().get("request_id", ""))


def trouble_of(error: Exception) -> Trouble:
    """What to tell of an error. One that nobody foresaw is logged, and told without its text."""
    match error:
        case Fault():
            title = HTTPStatus(error.status).phrase
            busy = error.status in (429, 503)
            return Trouble(error.status, error.code, title, str(error), error.hint, busy, headers=error.headers)
        case GoughError():
            return _expected(error)
        case _:
            log.error("unexpected error", exc_info=error)
            hint = "Try again. If it stays, give the request id to whoever runs Gough: the log has the rest."
            return Trouble(500, "INTERNAL", GoughError.meaning, "Something unforeseen went wrong.", hint)


def _expected(error: GoughError) -> Trouble:
    status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
    headers: Headers = ()
    if isinstance(error, Unavailable) and error.system in OURS:
        status, headers = 503, (("Retry-After", str(RETRY_AFTER_SECONDS)),)
    if status >= 500:
        log.warning("request failed", error=str(error), code=error.code)
    return Trouble(
        status, error.code, error.meaning, str(error), error.hint, error.retryable, error.problems, headers
    )  # fmt: skip


def as_problem(trouble: Trouble) -> Answer:
    body = {
        "type": f"urn:gough:error:{trouble.code.lower()}",
        "title": trouble.title,
        "status": trouble.status,
        "detail": trouble.detail,
        "code": trouble.code,
        "request_id": trouble.request_id,
        "hint": trouble.hint,
        "retryable": trouble.retryable,
        "errors": [{"pointer": p.pointer, "message": p.message} for p in trouble.problems],
    }
    kind = ("Content-Type", "application/problem+json")
    return Answer(trouble.status, orjson.dumps(body), (kind, *trouble.headers))
