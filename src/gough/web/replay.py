"""`Idempotency-Key`: what a program sends twice is done once and answered twice."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256

import orjson

from gough.domain.errors import Invalid, Problem
from gough.services import idempotency
from gough.web.declaration import Operation
from gough.web.message import Answer, Request

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,255}")
REPEATED = ("Idempotency-Replayed", "true")


def once(found: Operation, request: Request, act: Callable[[], Answer]) -> Answer:
    """The answer of `act`, or the one it gave when the same caller sent the same request with the same key."""
    if "HTTP_IDEMPOTENCY_KEY" not in request.environ or not found.is_repeatable:
        return act()
    key = request.header(HEADER)
    if not KEY.fullmatch(key):
        problem = Problem(HEADER, "has 1 to 255 printable ASCII characters, no blanks")
        raise Invalid("The idempotency key cannot be used.", problems=[problem])
    claimed, kept = idempotency.claim(request.use, request.known_caller.name, key, _fingerprint(request))
    if kept is not None:
        return _unpack(kept)
    done = False
    try:
        answer = act()
        done = isinstance(answer.body, bytes) and answer.status < 300
    finally:
        if not done:
            idempotency.free(request.use, claimed)
    if done:
        idempotency.keep(request.use, claimed, _pack(answer))
    return answer


def _fingerprint(request: Request) -> str:
    """Of all that says what is wanted."""
    said = sha256()
    for part in (request.method, request.path, str(request.environ.get("QUERY_STRING", ""))):
        said.update(part.encode() + b"\n")
    said.update(request.body)
    return said.hexdigest()


def _pack(answer: Answer) -> bytes:
    assert isinstance(answer.body, bytes)
    return orjson.dumps([answer.status, b64encode(answer.body).decode(), answer.headers])


def _unpack(kept: bytes) -> Answer:
    status, body, headers = orjson.loads(kept)
    return Answer(status, b64decode(body), (*((name, value) for name, value in headers), REPEATED))
