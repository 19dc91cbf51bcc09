"""A real HTTP server on loopback that speaks the wire protocol, and agents whose waiting takes no time."""

import gzip
import http.server
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from gough_agent.agent import Agent
from gough_agent.config import Config, load
from gough_agent.log import Log
from gough_agent.state import Store

SCHEMA = Path(__file__).parents[2] / "docs" / "agent-wire-v1.schema.json"
TOKEN = "token-that-must-stay-secret"


def validate(name: str, message: object) -> None:
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator({**schema, "$ref": f"#/$defs/{name}"}, format_checker=FormatChecker()).validate(message)


class Request(NamedTuple):
    path: str
    message: dict[str, Any]
    key: str | None
    compressed: bool
    wire_bytes: int
    connection: Any


class Reply(NamedTuple):
    """`drop` acts on the request and then closes the connection without an answer."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = {}  # noqa: RUF012
    drop: bool = False


class Server:
    """Binds tokens to key hashes as Gough does. `replies` are given first, one a request, instead of what is right."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.replies: deque[Reply | None] = deque()
        self.bound: dict[str, str] = {}
        self.interval: float = 10.0
        self.arrived = threading.Event()
        self.hold: threading.Event | None = None

    @property
    def heartbeats(self) -> list[Request]:
        return [request for request in self.requests if request.path.endswith("/heartbeat")]

    @property
    def enrolments(self) -> list[Request]:
        return [request for request in self.requests if request.path.endswith("/enroll")]

    def answer(self, request: Request) -> Reply:
        self.requests.append(request)
        self.arrived.set()
        if self.hold:
            self.hold.wait(30)
        scripted = self.replies.popleft() if self.replies else None
        if scripted and not scripted.drop:
            return scripted
        right = self._enrol(request.message) if request.path.endswith("/enroll") else self._beat(request)
        return right._replace(drop=True) if scripted else right

    def _enrol(self, message: dict[str, Any]) -> Reply:
        validate("enroll_request", message)
        if message["enrolment_token"] != TOKEN:
            return Reply(401, {"detail": "The token is unknown.", "hint": "Make a new one."})
        if self.bound.setdefault(TOKEN, message["key_hash"]) != message["key_hash"]:
            return Reply(409, {"detail": "The token belongs to another key."})
        body = {"agent_id": "a/7", "interval_seconds": self.interval, "server_time": "2026-01-31T12:00:00Z"}
        validate("enroll_response", body)
        return Reply(200, body)

    def _beat(self, request: Request) -> Reply:
        validate("heartbeat_request", request.message)
        body = {"interval_seconds": self.interval, "server_time": "2026-01-31T12:00:00Z", "duplicate": False}
        validate("heartbeat_response", body)
        return Reply(200, body)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        compressed = self.headers["Content-Encoding"] == "gzip"
        message = json.loads(gzip.decompress(raw) if compressed else raw)
        key = (self.headers["Authorization"] or "").removeprefix("Bearer ") or None
        request = Request(self.path, message, key, compressed, len(raw), self.client_address)
        reply = self.server.gough.answer(request)
        if reply.drop:
            self.close_connection = True
            return
        body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in {**reply.headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class Gough(NamedTuple):
    """`server.replies` takes what these make; None stands for the right answer."""

    server: Server
    url: str
    token: str = TOKEN

    def says(self, status: int, body: Any, headers: dict[str, str] | None = None) -> Reply:
        return Reply(status, body, headers or {})

    def refused(self, status: int, detail: str = "", headers: dict[str, str] | None = None) -> Reply:
        return self.says(status, {"detail": detail}, headers)

    def dropped(self) -> Reply:
        return Reply(drop=True)


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that was killed


@pytest.fixture
def gough() -> Iterator[Gough]:
    with Listener(("127.0.0.1", 0), Handler) as listener:
        server = Server()
        listener.gough = server  # type: ignore[attr-defined]
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield Gough(server, f"http://127.0.0.1:{listener.server_port}")
        if server.hold:
            server.hold.set()
        listener.shutdown()
        thread.join()


class Waits:
    """The agent's clock and waiter: waiting moves the clock, and the agent is stopped after `rounds` waits."""

    def __init__(self, rounds: int) -> None:
        self.rounds = rounds
        self.now = 1000.0
        self.seconds: list[float] = []  # without the immediate ones

    def wait(self, timeout: float) -> bool:
        self.now += timeout
        if timeout:
            self.seconds.append(timeout)
        return len(self.seconds) >= self.rounds


class Run(NamedTuple):
    waits: Waits
    store: Store
    lines: list[str]


@pytest.fixture
def settings(gough: Gough, tmp_path: Path) -> dict[str, str]:
    return {
        "MANAGEMENT_SERVER_URL": gough.url,
        "SERVER_ID": "machine-1",
        "GOUGH_ENROLMENT_TOKEN": TOKEN,
        "MONITORING_INTERVAL": "10",
        "STATE_DIRECTORY": str(tmp_path / "state"),
    }


@pytest.fixture
def run(settings: dict[str, str]) -> Callable[..., Run]:
    """run(rounds, **settings): an agent, from start until it has waited that many times."""

    def go(rounds: int = 1, **changes: str) -> Run:
        config: Config = load({**settings, **changes})
        store, waits = Store(config.state_directory), Waits(rounds)
        lines: list[str] = []
        Agent(config, store, waits, Log(lines.append), clock=lambda: waits.now).run()
        return Run(waits, store, lines)

    return go
