"""A real HTTP server on loopback that speaks the wire protocol, and agents whose waiting takes no time."""

import functools
import gzip
import hashlib
import http.server
import json
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from gough_agent.agent import Agent
from gough_agent.collector import REGISTRY, Collector
from gough_agent.config import Config, load
from gough_agent.log import Log
from gough_agent.state import Store

SCHEMA = Path(__file__).parents[2] / "docs" / "agent-wire-v1.schema.json"
TOKEN = "token-that-must-stay-secret"


@functools.cache
def validator(name: str) -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text())
    return Draft202012Validator({**schema, "$ref": f"#/$defs/{name}"}, format_checker=FormatChecker())


def validate(name: str, message: object) -> None:
    validator(name).validate(message)


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
    """Binds tokens to key hashes and records heartbeats as Gough does. `replies` are given first, one a request,
    instead of what is right; then 503 while it is `away`. `recorded` is what has been committed, by number."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.replies: deque[Reply | None] = deque()
        self.bound: dict[str, str] = {}
        self.interval: float = 10.0
        self.arrived = threading.Event()
        self.hold: threading.Event | None = None
        self.away = False
        self.takes_batches = True
        self.recorded: dict[int, dict[str, Any]] = {}
        self.duplicates: list[int] = []
        self.unreadable: set[int] = set()  # numbers it never takes, alone or among others
        self.keys: set[str] = set()  # hashes of those it takes; empty: any
        self.old_key = ""
        self.commands: list[dict[str, Any]] = []  # told until their result is heard
        self.results: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}

    @property
    def heartbeats(self) -> list[Request]:
        return [request for request in self.requests if request.path.endswith("/heartbeat")]

    @property
    def delivered(self) -> list[Request]:
        """Heartbeats, alone or several at once."""
        return [request for request in self.requests if "/heartbeat" in request.path]

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
        if self.away:
            return Reply(503, {"detail": "Away."})
        known = {"enroll": self._enrol, "heartbeat": self._beat, "heartbeats": self._beats, "key": self._new_key}
        right = known[request.path.rpartition("/")[2]](request)
        return right._replace(drop=True) if scripted else right

    def _enrol(self, request: Request) -> Reply:
        message = request.message
        validate("enroll_request", message)
        if message["enrolment_token"] != TOKEN:
            return Reply(401, {"detail": "The token is unknown.", "hint": "Make a new one."})
        if self.bound.setdefault(TOKEN, message["key_hash"]) != message["key_hash"]:
            return Reply(409, {"detail": "The token belongs to another key."})
        body = {"agent_id": "a/7", "interval_seconds": self.interval, "server_time": "2026-01-31T12:00:00Z"}
        validate("enroll_response", body)
        return Reply(200, body)

    def _beat(self, request: Request) -> Reply:
        if not self._knows(request.key):
            return Reply(401, {"detail": "The key is not known."})
        if request.message["sequence"] in self.unreadable:
            return Reply(422, {"detail": "Not this one."})
        duplicate = self._record(request.message)
        body = {**self._usual(), "duplicate": duplicate}
        validate("heartbeat_response", body)
        return Reply(200, body)

    def _beats(self, request: Request) -> Reply:
        if not self.takes_batches:
            return Reply(404, {"detail": "There is nothing here."})
        validate("heartbeats_request", request.message)
        if self.unreadable & {message["sequence"] for message in request.message["heartbeats"]}:
            return Reply(422, {"detail": "No such batch."})
        told = [
            {"sequence": message["sequence"], "duplicate": self._record(message)}
            for message in request.message["heartbeats"]
        ]
        body = {**self._usual(), "results": told}
        validate("heartbeats_response", body)
        return Reply(200, body)

    def _new_key(self, request: Request) -> Reply:
        validate("key_request", request.message)
        if not self._knows(request.key):
            return Reply(401, {"detail": "The key is not known."})
        self.old_key = sha256(request.key or "")
        self.keys = {self.old_key, request.message["key_hash"]}
        return Reply(200, {"server_time": "2026-01-31T12:00:00Z"})

    def _knows(self, key: str | None) -> bool:
        """Both keys are good until the new one is used."""
        hashed = sha256(key or "")
        if self.keys and hashed not in self.keys:
            return False
        if self.keys and hashed != self.old_key:
            self.keys = {hashed}
        return True

    def _record(self, message: dict[str, Any]) -> bool:
        validate("heartbeat_request", message)
        duplicate = message["sequence"] in self.recorded
        if duplicate:
            assert self.recorded[message["sequence"]] == message
            self.duplicates.append(message["sequence"])
        self.recorded[message["sequence"]] = message
        for result in message.get("command_results", ()):
            self.results.append(result)
            self.commands = [command for command in self.commands if command["id"] != result["id"]]
        return duplicate

    def _usual(self) -> dict[str, Any]:
        usual = {"interval_seconds": self.interval, "server_time": "2026-01-31T12:00:00Z"}
        return {**usual, "commands": self.commands} if self.commands else usual


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes
    server: Any

    def do_GET(self) -> None:
        content = self.server.gough.files.get(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

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
    """The agent's clock and waiter: waiting moves the clock, and the agent is stopped after `rounds` waits, or once
    `seconds` have passed. `events` happen when their time has come."""

    def __init__(self, rounds: float, seconds: float, events: Mapping[float, Callable[[], object]]) -> None:
        self.rounds = rounds
        self.now = 1000.0
        self.end = self.now + seconds
        self.events = {self.now + at: event for at, event in events.items()}
        self.seconds: list[float] = []  # without the immediate ones

    def wait(self, timeout: float) -> bool:
        self.now += timeout
        if timeout:
            self.seconds.append(timeout)
        for at in [at for at in self.events if at <= self.now]:
            self.events.pop(at)()
        return len(self.seconds) >= self.rounds or self.now >= self.end


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
    """run(rounds, **settings): an agent, from start until it has waited that many times, or for so many seconds."""

    def go(
        rounds: float = 1,
        seconds: float = math.inf,
        events: Mapping[float, Callable[[], object]] | None = None,
        **changes: str,
    ) -> Run:
        config: Config = load({**settings, **changes})
        store, waits = Store(config.state_directory), Waits(rounds, seconds, events or {})
        lines: list[str] = []
        Agent(config, store, waits, Log(lines.append), clock=lambda: waits.now).run()
        return Run(waits, store, lines)

    return go


@pytest.fixture
def few_collectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that costs nothing, for what is about thousands of heartbeats."""
    for name in list(REGISTRY):
        monkeypatch.delitem(REGISTRY, name)
    monkeypatch.setitem(REGISTRY, "load", Collector(lambda: {"load_1m": 0, "load_5m": 0, "load_15m": 0}))
