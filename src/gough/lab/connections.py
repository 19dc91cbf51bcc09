"""An HTTP server that ends its open connections when it is closed, as a process does when it ends."""

import socket
import threading
from socketserver import BaseServer, ThreadingMixIn
from typing import Any


class ClosesConnections(ThreadingMixIn, BaseServer):
    daemon_threads = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(*args, **kwargs)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        with self._guard:
            kept = list(self._open)
        for connection in kept:  # wakes the threads that wait for a next request
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is no news."""
