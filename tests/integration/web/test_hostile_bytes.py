"""What no client library sends: bytes on the wire to the real server. One request, one answer, or the end."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from socket import socket

import pytest

from gough.domain.permissions import Role
from gough.web.reading import MOST_OF_ONE
from tests.support.people import account
from tests.support.served import Served, served

QUIET_SECONDS = 0.3
HOST = "Host: 127.0.0.1"
SMUGGLED = "GET /api/v1/users HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def request(*head: str, body: str = "") -> bytes:
    return "\r\n".join([*head, "", body]).encode("latin-1")


LOGIN = "POST /api/v1/auth/login HTTP/1.1"
JSON = "Content-Type: application/json"
# What comes back: the statuses that are right, in the order of the answers. None: the connection may end without one.
BYTES: dict[str, tuple[bytes, tuple[set[int | None], ...]]] = {
    "a length and chunks": (
        request(LOGIN, HOST, JSON, "Content-Length: 5", "Transfer-Encoding: chunked", body="0\r\n\r\n" + SMUGGLED),
        ({400, 401, 411, 422, None}, {400, None}),
    ),
    "two lengths": (
        request(LOGIN, HOST, JSON, "Content-Length: 2", "Content-Length: 60", body="{}" + SMUGGLED), ({400, None},),
    ),
    "a length that is none": (request(LOGIN, HOST, JSON, "Content-Length: +2", body="{}"), ({400, None},)),
    "a length below zero": (request(LOGIN, HOST, JSON, "Content-Length: -1", body="{}"), ({400, None},)),
    "chunks of a strange coding": (
        request(LOGIN, HOST, JSON, "Transfer-Encoding: xchunked", body="0\r\n\r\n"), ({400, 411, 501, None},),
    ),
    "a chunk whose size is none": (
        request(LOGIN, HOST, JSON, "Transfer-Encoding: chunked", body="zz\r\n{}\r\n0\r\n\r\n"), ({400, 411, None},),
    ),
    "a header that is folded": (request("GET /healthz HTTP/1.1", HOST, "X-A: b\r\n c: d"), ({400, None},)),
    "a space before the colon": (request("GET /healthz HTTP/1.1", HOST, "Content-Length : 3"), ({400, None},)),
    "a bare line feed in a header": (b"GET /healthz HTTP/1.1\nHost: 127.0.0.1\nX-A: b\n\n", ({200, 400, None},)),
    "a NUL in a header": (request("GET /healthz HTTP/1.1", HOST, "X-A: a\0b"), ({400, None},)),
    "no host": (request("GET /healthz HTTP/1.1"), ({400, None},)),
    "two hosts": (request("GET /healthz HTTP/1.1", HOST, "Host: evil.example"), ({400, 421, None},)),
    # RFC 9112, 3.2.2: the address would count before the header; we take the header, which is checked.
    "another host in the address": (request("GET http://evil.example/healthz HTTP/1.1", HOST), ({200},)),
    "another host in both": (
        request("GET http://evil.example/healthz HTTP/1.1", "Host: evil.example"), ({400, 421, None},),
    ),
    "headers without end": (
        request("GET /healthz HTTP/1.1", HOST, *(f"X-{n}: {'a' * 1000}" for n in range(600))), ({400, 431, None},),
    ),
    "an address without end": (request(f"GET /{'a' * 200_000} HTTP/1.1", HOST), ({400, 404, 414, None},)),
    "a tunnel": (request("CONNECT 169.254.169.254:80 HTTP/1.1", HOST), ({400, 404, 405, None},)),
    "a trace": (request("TRACE /healthz HTTP/1.1", HOST, "Cookie: gough_session=x"), ({400, 404, 405, None},)),
    "another protocol": (b"*1\r\n$8\r\nFLUSHALL\r\n", ({400, None},)),
    "the next version, without asking": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ({400, 404, 405, 505, None},)),
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("hostile"), sqlite_template, "granian") as made:
        account(made.application.use, "ada", Role.ADMIN)
        yield made


def answers(server: Served, sent: bytes) -> list[int]:
    """The statuses of all answers, until the connection ends or no more comes."""
    said = b""
    with server.connect(10) as connection, suppress(TimeoutError, ConnectionResetError, BrokenPipeError):
        connection.sendall(sent)
        while received := connection.recv(65536):
            said += received
            connection.settimeout(QUIET_SECONDS)
    assert b"password" not in said and b"Traceback" not in said and b'"items"' not in said, said
    return [int(line.split()[1]) for line in said.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]


@pytest.mark.parametrize("name", BYTES)
def test_hostile_bytes(name: str, server: Served) -> None:
    sent, right = BYTES[name]
    found = answers(server, sent)
    assert len(found) <= len(right), f"{found}: what was smuggled was answered"
    for number, allowed in enumerate(right):
        assert (found[number] if number < len(found) else None) in allowed, found
    assert answers(server, request("GET /healthz HTTP/1.1", HOST, "Connection: close")) == [200], "it has not survived"


def test_bodies_that_never_come_keep_nobody_waiting(server: Served) -> None:
    """More of them than the server has threads."""
    stalled = request(LOGIN, HOST, JSON, "Content-Length: 100", body="{")
    with ExitStack() as opened:
        waiting = [opened.enter_context(server.connect(30)) for _ in range(150)]
        for connection in waiting:
            connection.sendall(stalled)
        for _ in range(5):
            assert answers(server, request("GET /healthz HTTP/1.1", HOST, "Connection: close")) == [200]
        assert Counter(answered(waiting, 150 - MOST_OF_ONE)) == {503: 150 - MOST_OF_ONE}
    assert answers(server, request("GET /healthz HTTP/1.1", HOST, "Connection: close")) == [200]


def answered(connections: list[socket], wanted: int) -> Iterator[int]:
    """The statuses of so many of them, as they come."""
    with DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection, EVENT_READ)
        while wanted:
            ready = selector.select(20)
            assert ready, f"{wanted} more have no answer"
            for key, _ in ready:
                selector.unregister(key.fileobj)
                yield int(key.fileobj.recv(200).split()[1])  # type: ignore[union-attr]
                wanted -= 1


def test_whoever_says_nothing_is_let_go(server: Served) -> None:
    """A thousand connections that dawdle would hold a server otherwise."""
    with server.connect(30) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        assert b"200" not in connection.recv(1000)
