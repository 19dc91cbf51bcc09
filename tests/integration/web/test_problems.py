"""Every error becomes one form: RFC 9457 problem details with a fixed set of members."""

import gzip
import zlib
from collections.abc import Iterator

import pytest
import structlog

from gough.config import Settings
from gough.domain.errors import (
    Conflict,
    Denied,
    Gone,
    GoughError,
    Invalid,
    LeaseLost,
    Misconfigured,
    NotFound,
    Problem,
    Refused,
    Unauthenticated,
    Unavailable,
)
from gough.web.body import BODY_CAP, FORM_CAP
from gough.web.guard import Guard
from gough.web.message import MOST_FIELDS, MOST_PARAMETERS, Answer, Request
from gough.web.operation import REGISTRY, Open
from tests.integration.web.conftest import Client

MEMBERS = {"type", "title", "status", "detail", "code", "request_id", "hint", "retryable", "errors"}
ENROLL = "/api/v1/agents/enroll"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """As in production: an error that nobody has declared is told like any other."""
    return settings.model_copy(update={"debug": False})


@pytest.fixture
def raising(guard: Guard) -> Iterator[list[Exception]]:
    """GET /healthz raises what is put in here."""
    errors: list[Exception] = []
    known = REGISTRY["GET", "/healthz"]

    def fail(_request: Request) -> Answer:
        raise errors[0]

    kept = known.handler
    object.__setattr__(known, "handler", fail)
    yield errors
    object.__setattr__(known, "handler", kept)


CLASSES: list[tuple[Exception, int]] = [
    (Invalid("x", problems=[Problem("/a/b", "is wrong")]), 422),
    (Misconfigured("x"), 500),
    (Unauthenticated("x"), 401),
    (Denied("x"), 403),
    (NotFound("x"), 404),
    (Gone("x"), 410),
    (Conflict("x"), 409),
    (LeaseLost("x"), 409),
    (Refused("MAAS", "no"), 502),
    (Unavailable("MAAS", "later"), 502),
    (Unavailable("database", "later"), 503),
    (GoughError("x"), 500),
    (RuntimeError("secret text of a bug"), 500),
]


@pytest.mark.parametrize(("error", "status"), CLASSES, ids=lambda value: type(value).__name__)
def test_every_class_of_error_is_a_problem(
    raising: list[Exception], outsider: Client, error: Exception, status: int
) -> None:
    raising.append(error)
    with structlog.testing.capture_logs():
        answer = outsider.get("/healthz")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == MEMBERS
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    assert ("retry-after" in answer.headers) == (status == 503)
    assert "Traceback" not in answer.text
    assert "secret text" not in answer.text


def test_an_invalid_input_says_where(outsider: Client) -> None:
    answer = outsider.post(ENROLL, json={"enrolment_token": "x", "key_hash": "no"})
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/key_hash"]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", JSON, 400),
        (b"<a/>", {"Content-Type": "application/xml"}, 415),
        (b"x", {**JSON, "Content-Encoding": "br"}, 415),
        (b"not gzip", {**JSON, "Content-Encoding": "gzip"}, 400),
        (gzip.compress(b"{}")[:-9], {**JSON, "Content-Encoding": "gzip"}, 400),
        (b" " * (BODY_CAP + 1), JSON, 413),
        (gzip.compress(b" " * (BODY_CAP + 1)), {**JSON, "Content-Encoding": "gzip"}, 413),
        (b"a" * (FORM_CAP + 1), {"Content-Type": "application/x-www-form-urlencoded"}, 413),
        (zlib.compress(b"{}", wbits=31), {**JSON, "Content-Encoding": "gzip"}, 422),
    ],
    ids=["malformed", "xml", "brotli", "not-gzip", "cut-gzip", "large", "bomb", "large-form", "gzip-is-read"],
)
def test_bodies_are_checked_before_anything_reads_them(
    outsider: Client, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = outsider.post(ENROLL, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200), ("localhost:1", 200), ("127.0.0.1", 200), ("[::1]:8000", 200), ("evil.example", 421),
        ("localhost.evil.example", 421), ("a@localhost", 421), ("localhost:x", 421), ("", 400),
    ],
)  # fmt: skip
def test_only_our_own_names_are_answered(outsider: Client, host: str, status: int) -> None:
    assert outsider.get("/healthz", headers={"Host": host}).status_code == status


def test_too_many_fields_are_the_callers_mistake(outsider: Client, viewer: Client) -> None:
    parameters = "&".join(f"a{n}=1" for n in range(MOST_PARAMETERS + 1))
    answer = viewer.get(f"/api/v1/jobs?{parameters}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    form = {f"a{n}": "1" for n in range(MOST_FIELDS + 1)}
    page = outsider.post("/login", data=form)
    assert page.status_code == 422 and f"Give at most {MOST_FIELDS}." in page.text


def test_unknown_paths_and_methods(outsider: Client) -> None:
    missing = outsider.get("/api/v1/nothing")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
    assert outsider.delete("/healthz").status_code == 405
    page = outsider.get("/nothing")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")


def test_every_answer_carries_the_security_headers(outsider: Client) -> None:
    for path in ("/healthz", "/nothing", "/login"):
        headers = outsider.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"


def test_every_operation_declares_a_permission(guard: Guard) -> None:
    assert len(REGISTRY) > 30
    changing = [o for o in REGISTRY.values() if o.method not in ("GET", "HEAD") and o.guard is Open.PUBLIC]
    assert {o.path for o in changing} == {
        "/setup", "/login", "/login/code", "/reset", "/api/v1/auth/login", "/api/v1/auth/refresh",
    }  # fmt: skip
