"""MAAS's answers as they go over the wire: statuses, content types and headers as a 3.4 region sends them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

PREFIX = "/MAAS/api/2.0/"
PLAIN, HTML = "text/plain", "text/html; charset=utf-8"
PLAIN_UTF8, JSON, BARE_JSON = "text/plain; charset=utf-8", "application/json; charset=utf-8", "application/json"
_API_HASH = "5f0c3a1be7d94c2688a1e0d9b7c6f5a4e3d2c1b0"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content_type: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def all_headers(self) -> list[tuple[str, str]]:
        common = {"X-Frame-Options": "DENY", "Vary": "Cookie"}
        return [("Content-Type", self.content_type), *(common | self.headers).items()]


class Refusal(Exception):
    """Ends a request with an error answer; nothing it did so far is kept, so raise it before changing anything."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


_HANDLED = {"Vary": "Authorization, Cookie", "X-Maas-Api-Hash": _API_HASH}


def json_answer(value: Any) -> Answer:
    return Answer(200, JSON, orjson.dumps(value), dict(_HANDLED))


def binary(body: bytes, content_type: str) -> Answer:
    return Answer(200, content_type, body, dict(_HANDLED))


def deleted() -> Answer:
    return Answer(204, PLAIN, b"", dict(_HANDLED))


def text(status: int, words: str) -> Refusal:
    return Refusal(Answer(status, PLAIN_UTF8, words.encode()))


def invalid(fields: dict[str, list[str]]) -> Refusal:
    return Refusal(Answer(400, JSON, orjson.dumps(fields)))


def denied() -> Refusal:
    return Refusal(Answer(403, PLAIN_UTF8))


def forbidden_to_anonymous() -> Refusal:
    return Refusal(Answer(401, PLAIN, b"Forbidden", dict(_HANDLED)))


def unauthorized(words: str) -> Refusal:
    challenge = {"WWW-Authenticate": 'OAuth realm="OAuth"'}
    return Refusal(Answer(401, HTML, f"Authorization Error: {words}".encode(), challenge))


def not_found(kind: str) -> Refusal:
    return Refusal(Answer(404, PLAIN, f"No {kind} matches the given query.".encode(), dict(_HANDLED)))


def unknown_endpoint(path: str) -> Refusal:
    return text(404, f"Unknown API endpoint: {path}.")


def method_not_allowed(allowed: str) -> Refusal:
    return Refusal(Answer(405, HTML, b"", {**_HANDLED, "Allow": allowed}))


def event_date(moment: float) -> str:
    """`Mon, 23 Nov. 2026 14:51:58`"""
    day, clock = _day_and_clock(moment)
    return f"{_DAYS[day.weekday()]}, {day.day:02} {_MONTHS[day.month - 1]}. {day.year} {clock}"


def rfc_date(moment: float) -> str:
    """`Mon, 23 Nov 2026 14:40:48 -0000`"""
    day, clock = _day_and_clock(moment)
    return f"{_DAYS[day.weekday()]}, {day.day:02} {_MONTHS[day.month - 1]} {day.year} {clock} -0000"


def _day_and_clock(moment: float) -> tuple[datetime, str]:
    day = datetime.fromtimestamp(moment, UTC)
    return day, f"{day:%H:%M:%S}"
