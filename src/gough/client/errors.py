"""Answers that are errors, as the same exceptions that the server raised. One place, one table."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from gough.domain.errors import (
    Conflict,
    Denied,
    Gone,
    GoughError,
    Invalid,
    Misconfigured,
    NotFound,
    Outside,
    Problem,
    Unauthenticated,
    Unavailable,
)

GOUGH = "Gough"
HINT = "Is this the address of a Gough server? Is there a proxy before it?"
STATUS: Mapping[int, type[GoughError]] = {
    400: Invalid,
    401: Unauthenticated,
    403: Denied,
    404: NotFound,
    405: NotFound,
    409: Conflict,
    410: Gone,
    411: Invalid,
    412: Conflict,
    413: Invalid,
    415: Invalid,
    421: Misconfigured,
    422: Invalid,
    428: Conflict,
    429: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}
"""For codes that are HTTP's own, and for what a proxy in between says."""


def _all(kind: type[GoughError]) -> Iterator[type[GoughError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _all(each)


BY_CODE: Mapping[str, type[GoughError]] = {kind.code: kind for kind in _all(GoughError)}


def of_answer(answer: httpx.Response) -> GoughError:
    """The error that an answer of 300 or more tells of; its body has been read."""
    said = _problem(answer)
    if said is None:
        kind = STATUS.get(answer.status_code, GoughError)
        message = f"{answer.request.url.host} answered {answer.status_code} {answer.reason_phrase}, not as Gough does."
        return _made(kind, GOUGH, message, HINT, [])
    kind = BY_CODE.get(str(said.get("code")), STATUS.get(answer.status_code, GoughError))
    problems = [Problem(str(each["pointer"]), str(each["message"])) for each in said.get("errors", ())]
    system, separator, rest = str(said.get("detail", "")).partition(": ")
    if not (issubclass(kind, Outside) and separator and said.get("code") in BY_CODE):
        system, rest = GOUGH, str(said.get("detail", ""))
    return _made(kind, system, rest, str(said.get("hint", "")), problems)


def strange(answer: httpx.Response) -> Unavailable:
    """A good answer by its status, in a form that Gough does not give."""
    said = f"{answer.request.url.host} answered {answer.status_code} {answer.reason_phrase}, not as Gough does."
    return Unavailable(GOUGH, said, hint=HINT)


def unreachable(url: httpx.URL, error: httpx.RequestError) -> Unavailable:
    """The server could not be asked, or did not answer."""
    why = str(error) or type(error).__name__
    return Unavailable(GOUGH, f"{url.host} gave no answer: {why}.", hint="Check the address, the network, the server.")


def _made(kind: type[GoughError], system: str, message: str, hint: str, problems: list[Problem]) -> GoughError:
    if issubclass(kind, Outside):
        return kind(system, message, hint=hint, problems=problems)
    return kind(message, hint=hint, problems=problems)


def _problem(answer: httpx.Response) -> Mapping[str, Any] | None:
    if answer.headers.get("Content-Type", "").partition(";")[0] != "application/problem+json":
        return None
    try:
        said = answer.json()
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
