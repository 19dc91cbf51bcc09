"""The lab's Fleet, set up: somebody has made Gough's token and the secret that machines enrol with."""

import secrets
import ssl
from functools import partial
from urllib.parse import urlsplit

from gough.lab.fleet.fleet import Fleet
from gough.lab.fleet.server import Server, serve

ASKED_AGAIN_SECONDS = 15.0  # a real one asks for policies once an hour


class LabFleet:
    """Serves until it is closed; closing twice is closing once. `token` is an administrator's."""

    def __init__(
        self, port: int = 0, *, prefix: str = "", tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.fleet = Fleet(prefix=prefix, interval=ASKED_AGAIN_SECONDS)
        self.token = self.fleet.set_up()
        self.fleet.add_secret(secrets.token_urlsafe(24))
        self._serve = partial(serve, self.fleet, tls=tls, host=host)
        self._server: Server | None = self._serve(port)
        self.url = self._server.url

    def open(self) -> None:
        """Serve again after `close`, at the same address, with everything that it knew."""
        self._server = self._server or self._serve(urlsplit(self.url).port or 0)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
