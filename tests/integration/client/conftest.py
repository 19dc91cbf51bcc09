"""The typed client: against the real application without a network, and against servers that misbehave."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from gough.bootstrap import Application
from gough.client import Client
from gough.client.retrying import Retries
from gough.domain.permissions import Role
from gough.services import tokens
from gough.web.guard import Guard
from tests.integration.web.conftest import BASE, add_machine, application, guard, node, settings
from tests.support.people import PASSWORD, account

__all__ = ["add_machine", "application", "guard", "node", "settings"]


@pytest.fixture
def client(application: Application, guard: Guard) -> Iterator[Client]:
    """Of the administrator ada, who has signed in."""
    account(application.use, "ada", Role.ADMIN)
    made = tokens.sign_in(application.use, "ada", PASSWORD, code="", address="127.0.0.1")
    with Client(BASE, token=made.access, transport=httpx.WSGITransport(guard)) as opened:
        yield opened


@dataclass
class Told:
    """What an odd server says: a status, headers and a body; or, with `cut`, less of the body than it promised."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass
class Odd:
    """A server on the loopback that answers what it was given, one after the other, the last one for ever."""

    url: str
    answers: list[Told] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def keys(self) -> list[str]:
        return [headers.get("idempotency-key", "") for _, _, headers in self.asked]

    def next(self) -> Told:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def listening() -> Iterator[Odd]:
    made = Odd("")

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            made.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
            told = made.next()
            self.send_response(told.status)
            for name, value in {"Content-Type": "application/json", **told.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told.body) + (10 if told.cut else 0)))
            self.end_headers()
            self.wfile.write(told.body)
            self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def odd() -> Iterator[Odd]:
    with listening() as made:
        yield made


Waits = list[float]


@pytest.fixture
def waits() -> Waits:
    """How long the client would have slept, each time."""
    return []


@pytest.fixture
def impatient(odd: Odd, waits: Waits) -> Iterator[Callable[[], Client]]:
    """Makes clients of the odd server that note their pauses instead of sleeping."""
    opened: list[Client] = []

    def make() -> Client:
        opened.append(Client(odd.url, token="t", retries=Retries(most=3, first=0.5, sleep=waits.append)))
        return opened[-1]

    yield make
    for each in opened:
        each.close()
