"""What Fleet, or something in front of it, may answer, and what becomes of it."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from gough.adapters.fleet import FleetClient
from gough.domain.errors import Conflict, GoughError, Invalid, NotFound, Refused, Unavailable
from gough.domain.fleet_hosts import PolicyDraft

from .harness import Lab

TOKEN = "the-token-nobody-may-read"
Handler = Callable[[httpx.Request], httpx.Response]


def said(message: str, *errors: tuple[str, str]) -> str:
    listed = [{"name": name, "reason": reason} for name, reason in errors or (("base", message),)]
    return json.dumps({"message": message, "errors": listed, "uuid": "0f3c"})


ANSWERS: list[tuple[int, str, dict[str, str], type[GoughError], str]] = [
    (400, said("Bad request", ("base", "Expected JSON Body")), {}, Invalid, "Expected JSON Body"),
    (401, said("Authentication required"), {}, Refused, "Authentication required"),
    (402, said("Requires Fleet Premium license"), {}, Refused, "Premium"),
    (403, said("forbidden"), {}, Refused, "forbidden"),
    (404, said("Resource Not Found", ("base", "Host 9 was not found")), {}, NotFound, "Host 9 was not found"),
    (404, "404 page not found\n", {}, NotFound, "404 page not found"),
    (409, said("Resource Already Exists", ("base", "Policy 'p' already exists")), {}, Conflict, "already exists"),
    (422, said("Validation Failed", ("name", "cannot be empty")), {}, Invalid, "name: cannot be empty"),
    (429, said("limit exceeded, retry after: 20s"), {"Retry-After": "20"}, Unavailable, "limit exceeded"),
    (500, said("Internal error"), {}, Unavailable, "500 Internal error"),
    (502, "<html><head><title>x</title></head><body><h1>502 Bad Gateway</h1></body></html>", {}, Unavailable,
     "502 502 Bad Gateway"),
    (302, "", {"Location": "https://sso.example/"}, Unavailable, "302"),
    (200, "<!doctype html><p>Sign in", {"Content-Type": "text/html"}, Unavailable, "not JSON"),
    (200, '{"policies": 7}', {}, Unavailable, "policies"),
    (200, "[]", {}, Unavailable, "the whole"),
]  # fmt: skip


def client_of(handler: Handler, pauses: list[float] | None = None) -> FleetClient:
    kept = pauses if pauses is not None else []
    return FleetClient("https://fleet.example", TOKEN, transport=httpx.MockTransport(handler), sleep=kept.append)


@pytest.mark.parametrize(("status", "text", "headers", "kind", "words"), ANSWERS)
def test_every_refusal_is_ours_with_fleets_words(
    status: int, text: str, headers: dict[str, str], kind: type[GoughError], words: str
) -> None:
    client = client_of(lambda request: httpx.Response(status, text=text, headers=headers))
    with pytest.raises(GoughError) as refused:
        client.policies()
    assert isinstance(refused.value, kind)
    assert words in str(refused.value)
    assert str(refused.value).startswith("Fleet: ")
    assert refused.value.hint
    assert refused.value.retryable is (kind is Unavailable)


def test_a_refused_field_is_named_for_the_form() -> None:
    text = said("Validation Failed", ("name", "cannot be empty"), ("query", "is no SELECT"))
    client = client_of(lambda request: httpx.Response(422, text=text))
    with pytest.raises(Invalid) as refused:
        client.create_policy(PolicyDraft("", ""))
    assert [(p.pointer, p.message) for p in refused.value.problems] == [
        ("/name", "cannot be empty"), ("/query", "is no SELECT"),
    ]  # fmt: skip


def test_a_read_is_tried_again_and_waits_as_long_as_fleet_says() -> None:
    answers = [
        httpx.Response(429, text=said("limit exceeded"), headers={"Retry-After": "3"}),
        httpx.Response(503, text="starting"),
        httpx.Response(200, json={"policies": None}),
    ]
    pauses: list[float] = []
    assert client_of(lambda request: answers.pop(0), pauses).policies() == []
    assert pauses == [3.0, 1.0]


@pytest.mark.parametrize("answer", [httpx.Response(503), httpx.ConnectError("refused"), httpx.ReadTimeout("slow")])
def test_a_write_is_never_repeated(answer: httpx.Response | Exception) -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(Unavailable):
        client_of(handler).create_policy(PolicyDraft("p", "SELECT 1"))
    assert seen == ["POST"]


def test_no_secret_leaves_in_an_error() -> None:
    secret = "an-enroll-secret-0123456789"

    def echo(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, text=f"{dict(request.headers)} {request.content!r}")

    client = client_of(echo)
    with pytest.raises(Invalid) as refused:
        client.set_enroll_secrets([secret])
    everything = f"{refused.value!r} {refused.value.hint} {refused.value.problems} {client!r} {vars(client)}"
    assert secret not in everything
    assert TOKEN not in everything


def test_an_answer_that_holds_a_secret_is_not_in_the_trace() -> None:
    secret = "an-enroll-secret-0123456789"
    client = client_of(lambda request: httpx.Response(200, json={"spec": {"secrets": [{"secret": [secret]}]}}))
    with pytest.raises(Unavailable) as refused:
        client.enroll_secrets()
    assert secret not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("url", [
    "fleet.example", "ftp://fleet.example", "https://", "https://u:p@fleet.example", "https://fleet.example/?a=1",
    "https://fleet.example/a/../b", "https://fleet.example:port", "https://[::1", "https://fleet.example/a b",
])  # fmt: skip
def test_what_cannot_be_an_address_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(Invalid, match="Fleet's"):
        FleetClient(url, TOKEN)


@pytest.mark.parametrize(("typed", "asked"), [
    ("https://fleet.example:8443/", "https://fleet.example:8443/api/v1/fleet/global/policies"),
    ("https://proxy.example/fleet", "https://proxy.example/fleet/api/v1/fleet/global/policies"),
    ("https://proxy.example/fleet/api/v1/fleet/", "https://proxy.example/fleet/api/v1/fleet/global/policies"),
])  # fmt: skip
def test_the_prefix_stands_before_every_path(typed: str, asked: str) -> None:
    seen: list[Any] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json={"policies": []})

    FleetClient(typed, TOKEN, transport=httpx.MockTransport(handler)).policies()
    assert seen == [asked]


def test_a_server_that_is_gone_is_unavailable(lab: Lab) -> None:
    lab.server.close()
    with pytest.raises(Unavailable, match="no answer"):
        lab.client.check_health()
