"""The websocket that MAAS's own pages live on: who may have one, and all that are open.

How changes are noticed: Core tells of every change it makes itself, which is all that machines, power and the
background do; after each request that may change anything, every machine is compared with what it was. So renames,
tags, pools and deletions are found wherever they are written, and whatever the API learns to change is found, too.
"""

import secrets
import socket
import threading
from urllib.parse import parse_qs

from websockets.http11 import Request
from werkzeug.http import parse_cookie

from gough.lab.maas.core import Core
from gough.lab.maas.websocket_connection import Connection

PATH = "/MAAS/ws"


class Feeds:
    """A region's. `allowed` False: a region that has no websocket. Safe to share between threads."""

    def __init__(self, core: Core) -> None:
        self.allowed = True
        self.password = secrets.token_urlsafe(12)
        self._core = core
        self._tokens: dict[str, str] = {}  # by session
        self._open: set[Connection] = set()
        self._guard = threading.Lock()

    def log_in(self, username: str, password: str) -> dict[str, str] | None:
        """The two cookies of a new session; None for a wrong name or password."""
        if username != self._core.username or not secrets.compare_digest(password.encode(), self.password.encode()):
            return None
        session_id, token = secrets.token_hex(16), secrets.token_hex(32)
        with self._guard:
            self._tokens[session_id] = token
        return {"csrftoken": token, "sessionid": session_id}

    def refusal(self, request: Request) -> int | None:
        """The status that an upgrade is refused with; None when it is allowed."""
        if not self.allowed:
            return 404
        cookies = parse_cookie(request.headers.get("Cookie"))
        token = cookies.get("csrftoken")
        given = parse_qs(request.path.partition("?")[2]).get("csrftoken", [])
        with self._guard:
            known = self._tokens.get(cookies.get("sessionid") or "")
        return None if token and token in given and token == known else 403

    def serve(self, request: Request, connected: socket.socket) -> None:
        """Until either side ends it."""
        connection = Connection(self._core, connected)
        with self._guard:
            self._open.add(connection)
        try:
            connection.run(request)
        finally:
            with self._guard:
                self._open.discard(connection)

    def look(self) -> None:
        for connection in self.connections():
            connection.session.look()

    def drop(self) -> None:
        for connection in self.connections():
            connection.drop()

    def say(self, frame: bytes) -> None:
        for connection in self.connections():
            connection.say(frame)

    def cookies(self) -> tuple[str, ...]:
        """Every value given out so far."""
        with self._guard:
            return (*self._tokens, *self._tokens.values())

    def connections(self) -> tuple[Connection, ...]:
        with self._guard:
            return tuple(self._open)
