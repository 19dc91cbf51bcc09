"""ETags: over what people edit of a resource, so that two who edit it at a time do not undo each other's work."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from threading import Lock
from typing import Any

import orjson
from sqlalchemy import text

from gough.services.context import Use
from gough.web.declaration import BODY, NARROWS, Operation, edited_of
from gough.web.message import Answer, Request
from gough.web.problem import Fault

Parts = Mapping[str, str]
# Changes of one resource take turns, so that the tag is still true when the change is made. Few, because each of them
# holds a second connection to the database.
_TURNS = tuple(Lock() for _ in range(8))


@contextmanager
def held(found: Operation, request: Request, parts: Parts) -> Iterator[None]:
    """In here, a change is of the state that the caller has seen. Raises Fault 412 or 428, and NotFound."""
    if found.edited is None or found.method not in NARROWS:
        yield
        return
    with _alone(request.use, found, parts):
        _require_match(request, tag(request.use, found, parts))
        yield


def tagged(found: Operation, request: Request, parts: Parts, answer: Answer) -> Answer:
    """A single resource's answer with its ETag; 304 without the body where the caller has this state already."""
    if found.edited is None or answer.status >= 300 or answer.status == 204:
        return answer
    current = _of(answer) if found.edited is BODY else tag(request.use, found, _after(found, parts, answer))
    asked = request.header("If-None-Match")
    if found.method not in NARROWS and asked and _is_among(current, asked):
        return Answer(304, b"", (("ETag", current),))
    return replace(answer, headers=(*answer.headers, ("ETag", current)))


def tag(use: Use, found: Operation, parts: Parts) -> str:
    with use.database.read() as session:
        edited = orjson.dumps(edited_of(found, session, parts), option=orjson.OPT_SORT_KEYS)
    return _quoted(edited)


def _of(answer: Answer) -> str:
    return _quoted(answer.body if isinstance(answer.body, bytes) else b"")


def _quoted(content: bytes) -> str:
    return f'"{sha256(content).hexdigest()[:32]}"'


def _after(found: Operation, parts: Parts, answer: Answer) -> Parts:
    """The resource may have another name now: its answer has it."""
    if found.method not in NARROWS or "name" not in parts or not isinstance(answer.body, bytes):
        return parts
    shown: dict[str, Any] = orjson.loads(answer.body)
    return {**parts, "name": str(shown.get("id") or shown.get("name") or parts["name"])}


def _require_match(request: Request, current: str) -> None:
    wanted = request.header("If-Match")
    if not wanted:
        hint = "Get it, and send its ETag as If-Match; `If-Match: *` changes whatever there is."
        raise Fault(428, "IF_MATCH_WANTED", "This change does not say which state it is of.", hint=hint)
    if wanted.strip() != "*" and not _is_among(current, wanted):
        hint = "Get it again, look at what has changed, and send the change with the new ETag."
        raise Fault(412, "STALE", "Somebody has changed it since you have read it. Nothing was changed.", hint=hint)


def _is_among(current: str, given: str) -> bool:
    """Weakly compared: proxies that compress mark our tags as weak."""
    return any(each.strip().removeprefix("W/") in (current, "*") for each in given.split(","))


@contextmanager
def _alone(use: Use, found: Operation, parts: Parts) -> Iterator[None]:
    """Among the threads of this process, and on PostgreSQL among all processes."""
    resource = found.path.split("/<")[0] + "/" + "/".join(parts.values())
    number = int.from_bytes(sha256(resource.encode()).digest()[:7])
    with _TURNS[number % len(_TURNS)]:
        if use.database.is_sqlite:
            yield
            return
        with use.database.read() as session:
            session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
            yield
