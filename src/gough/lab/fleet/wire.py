"""Fleet's answers as they go over the wire: JSON with its error form, Go's own text where its router knows no path."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson

JSON, PLAIN = "application/json; charset=utf-8", "text/plain; charset=utf-8"
BASE = "base"
NEVER = "2000-01-01T00:00:00Z"  # what it writes for a time that has not come yet


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content_type: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Refusal(Exception):
    """Ends a request with an error answer; raise it before changing anything."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def json_answer(value: Any, status: int = 200) -> Answer:
    return Answer(status, JSON, orjson.dumps(value))


def error(status: int, message: str, *reasons: tuple[str, str], headers: dict[str, str] | None = None) -> Refusal:
    """`reasons`: (name, reason); without one the message is the reason."""
    listed = [{"name": name, "reason": reason} for name, reason in reasons or ((BASE, message),)]
    body = {"message": message, "errors": listed, "uuid": str(uuid4())}
    return Refusal(Answer(status, JSON, orjson.dumps(body), headers or {}))


def bad_request(reason: str) -> Refusal:
    return error(400, "Bad request", (BASE, reason))


def unauthenticated(message: str = "Authentication required") -> Refusal:
    return error(401, message)


def premium() -> Refusal:
    return error(402, "Requires Fleet Premium license")


def forbidden() -> Refusal:
    return error(403, "forbidden")


def not_found(kind: str, which: object) -> Refusal:
    return error(404, "Resource Not Found", (BASE, f"{kind} {which} was not found in the datastore"))


def exists(kind: str, name: str) -> Refusal:
    return error(409, "Resource Already Exists", (BASE, f"{kind} {name!r} already exists"))


def invalid(name: str, reason: str) -> Refusal:
    return error(422, "Validation Failed", (name, reason))


def too_often(seconds: int) -> Refusal:
    return error(429, f"limit exceeded, retry after: {seconds}s", headers={"Retry-After": str(seconds)})


def no_route() -> Refusal:
    return Refusal(Answer(404, PLAIN, b"404 page not found\n", {"X-Content-Type-Options": "nosniff"}))


def node_invalid(words: str) -> Refusal:
    """What makes osquery forget its node key and enrol again."""
    return Refusal(Answer(401, JSON, orjson.dumps({"error": words, "node_invalid": True})))


def when(moment: float | None) -> str:
    return NEVER if moment is None else datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
