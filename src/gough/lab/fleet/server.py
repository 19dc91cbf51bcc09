"""Serves a Fleet on a loopback port: HTTP/1.1 with keep-alive, with TLS where a certificate is given."""

import ssl
import threading
from typing import Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from gough.lab.connections import ClosesConnections
from gough.lab.fleet.endpoints import application
from gough.lab.fleet.fleet import Fleet

IDLE = 75  # seconds a kept connection may be silent


class Server:
    """A running server. `url` is what FLEET_URL would be; `close` ends it and its connections."""

    def __init__(self, fleet: Fleet, port: int, tls: ssl.SSLContext | None, host: str) -> None:
        self._prefix = fleet.prefix
        self._scheme = "https" if tls else "http"
        self._http = _Http(host, port, application(fleet), _Handler, ssl_context=tls)
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.05,), name="lab-fleet-http", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._http.server_port}{self._prefix}"

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join(timeout=5)
        self._http.server_close()


def serve(fleet: Fleet, port: int = 0, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Server:
    """Port 0 takes a free one. Another `host` than the loopback is for a container of its own."""
    return Server(fleet, port, tls, host)


class _Http(ClosesConnections, ThreadedWSGIServer):
    request_queue_size = 128


class _Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE

    def log(self, type: str, message: str, *args: Any) -> None:
        """Silent: the lab's output is for people."""
