"""What an operation can answer, from its declaration; and, with DEBUG, whether it did."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus

import orjson
from pydantic import BaseModel, ValidationError

from gough.domain.errors import Conflict, Denied, GoughError, Invalid, NotFound, Unauthenticated
from gough.domain.permissions import Permission
from gough.web.declaration import NARROWS, TAKES_BODY, Media, Open, Operation
from gough.web.message import Answer, Request
from gough.web.problem import code_and_status

PROBLEM = "application/problem+json"
ALWAYS = ((400, "MALFORMED"), (400, "NO_HOST"), (421, "WRONG_HOST"), (503, "OUTSIDE_UNAVAILABLE"))
OF_BODY = (
    (411, "LENGTH_REQUIRED"), (413, "TOO_LARGE"), (415, "UNSUPPORTED_MEDIA_TYPE"), (415, "UNSUPPORTED_ENCODING"),
    (400, "MALFORMED"),
)  # fmt: skip
LIMITED = ((429, "TOO_MANY_REQUESTS"),)
GUARDED = ((412, "STALE"), (428, "IF_MATCH_WANTED"))


class Breach(Exception):
    """An operation answered what it does not declare."""


def refusals(found: Operation) -> Mapping[int, frozenset[str]]:
    """{status: its codes} of everything the operation can say but what it `gives`."""
    told: dict[int, set[str]] = {}
    for status, code in (*ALWAYS, *LIMITED, *_of_form(found), *found.faults, *map(code_and_status, _raised(found))):
        told.setdefault(status, set()).add(code)
    return {status: frozenset(codes) for status, codes in sorted(told.items())}


def _of_form(found: Operation) -> Iterator[tuple[int, str]]:
    if found.method in TAKES_BODY:
        yield from OF_BODY
    if found.edited is not None and found.method in NARROWS:
        yield from GUARDED


def _raised(found: Operation) -> Iterator[type[GoughError]]:
    yield from found.raises
    yield Invalid  # an unknown parameter, if nothing else
    if "<" in found.path:
        yield NotFound
    if found.guard is not Open.PUBLIC:
        yield Unauthenticated
    if isinstance(found.guard, Permission):
        yield Denied
    if found.is_repeatable:
        yield Conflict


def require(found: Operation, request: Request, answer: Answer) -> None:
    """Raises Breach for an answer that the operation does not declare, in its status, its code or its form."""
    here = f"{found.method} {found.path} answered {answer.status} {HTTPStatus(answer.status).phrase}"
    kind = dict(answer.headers).get("Content-Type", "")
    gives = found.gives or {}
    if answer.status in gives and kind != PROBLEM:
        _require_form(here, found, request, answer, kind)
        return
    if answer.status == 304 and (found.edited is not None or 304 in gives):
        return
    code = orjson.loads(answer.body).get("code") if kind == PROBLEM and isinstance(answer.body, bytes) else "no code"
    if code not in refusals(found).get(answer.status, ()):
        raise Breach(f"{here} with {code}, which it does not declare: see `raises` and `faults`")


def _require_form(here: str, found: Operation, request: Request, answer: Answer, kind: str) -> None:
    shown = (found.gives or {})[answer.status]
    if shown is None or isinstance(shown, Media):
        if isinstance(shown, Media) and kind.partition(";")[0] not in shown.kinds:
            raise Breach(f"{here} as '{kind}', not {' or '.join(shown.kinds)}")
        return
    if kind != "application/json" or not isinstance(answer.body, bytes):
        raise Breach(f"{here} as '{kind}', not JSON")
    if "fields" in request.query:
        return
    _validate(here, shown, answer.body)


def _validate(here: str, shown: type[BaseModel], body: bytes) -> None:
    try:
        shown.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise Breach(f"{here}, which is no {shown.__name__}: {error}") from None
