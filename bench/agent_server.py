"""As much of Gough as an agent needs: it enrols anybody, and asks at once for another heartbeat, of everything."""

import json
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import Any, Self

INTERVAL_SECONDS = 0.1  # the shortest that an agent keeps
PATIENCE_SECONDS = 60


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """An agent is killed in the middle of a connection: that is how each measurement ends."""


class AgentServer:
    """On a free port of the loopback while the block lasts; over TLS with a (certificate, key), both PEM."""

    def __init__(self, pair: tuple[Path, Path] | None = None) -> None:
        self._beats = 0
        self.bytes_of_one = 0  # on the wire, without HTTP's head
        self._arrived = Condition()
        self._http = _Quiet(("127.0.0.1", 0), self._handler())
        if pair:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*pair)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.url = f"{'https' if pair else 'http'}://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()

    def wait_for(self, beats: int) -> int:
        """How many heartbeats have arrived, once it is at least so many. Raises TimeoutError."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: self._beats >= beats, PATIENCE_SECONDS):
                raise TimeoutError(f"only {self._beats} of {beats} heartbeats arrived")
            return self._beats

    def _count(self, size: int) -> dict[str, Any]:
        """What to answer. Without being asked to collect now, most collectors would rest between the heartbeats."""
        with self._arrived:
            self._beats += 1
            self.bytes_of_one = size
            self._arrived.notify_all()
            return {"duplicate": False, "commands": [{"id": f"c{self._beats}", "command": "collect-now"}]}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        count = self._count

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are two writes

            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                self.rfile.read(size)
                answer: dict[str, Any] = {"agent_id": "bench", "interval_seconds": INTERVAL_SECONDS}
                if self.path.endswith("/heartbeat"):
                    answer |= count(size)
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *_: object) -> None:
                """Say nothing."""

        return Handler
