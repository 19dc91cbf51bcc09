"""Serves a region on a loopback port: HTTP/1.1 with keep-alive and its websocket, a thread a connection."""

import io
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from websockets.datastructures import Headers
from websockets.http11 import Request
from werkzeug.test import EnvironBuilder, run_wsgi_app

from gough.lab.connections import ClosesConnections
from gough.lab.maas import websocket
from gough.lab.maas.endpoints import application
from gough.lab.maas.region import Region
from gough.lab.maas.websocket import Feeds
from gough.lab.maas.websocket_login import with_login
from gough.lab.maas.wire import PLAIN

IDLE = 75  # seconds a kept connection may be silent


class Server:
    """A running server. `url` is what MAAS_URL would be; `close` ends it and its connections."""

    def __init__(self, region: Region, port: int, host: str) -> None:
        self._http = _Http((host, port), with_login(region.feeds, application(region)), region.feeds)
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.05,), name="lab-maas-http", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/MAAS/"

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join(timeout=5)
        self._http.server_close()


def serve(region: Region, port: int = 0, *, host: str = "127.0.0.1") -> Server:
    """Port 0 takes a free one. Another `host` than the loopback is for a container of its own."""
    return Server(region, port, host)


class _Http(ClosesConnections, ThreadingHTTPServer):
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], app: Callable[..., Any], feeds: Feeds) -> None:
        self.app = app
        self.feeds = feeds
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE
    server: _Http

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        if path == websocket.PATH:
            self._upgrade()
            return
        builder = EnvironBuilder(
            path=path,
            query_string=query,
            method=self.command,
            headers=list(self.headers.items()),
            input_stream=io.BytesIO(body),
            content_length=len(body),
        )
        chunks, status, headers = run_wsgi_app(self.server.app, builder.get_environ(), buffered=True)
        if self.command != "GET":
            self.server.feeds.look()
        code, _, reason = status.partition(" ")
        self._answer(int(code), reason.title(), headers, b"".join(chunks))

    def _upgrade(self) -> None:
        """The connection is a websocket from here to its end."""
        request = Request(self.path, Headers(self.headers.items()))
        status = self.server.feeds.refusal(request)
        if status is not None:
            self._answer(status, None, [("Content-Type", PLAIN)], b"")
            return
        self.close_connection = True
        self.server.feeds.serve(request, self.connection)

    def _answer(self, code: int, reason: str | None, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        self.send_response(code, reason)
        for name, value in headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _serve  # noqa: N815 - the base names them

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the lab's output is for people."""
