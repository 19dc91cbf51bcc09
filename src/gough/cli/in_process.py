"""The API inside this process, for whoever works on the host itself: no server runs, nothing listens."""

from collections.abc import Iterable
from typing import Any

import httpx

from gough.cli import embedded
from gough.client.connection import Connection
from gough.domain.permissions import Role
from gough.services.people import Caller
from gough.web.authentication import LOCAL
from gough.web.wsgi import create

VIA = "cli"


def connection() -> Connection:
    """As the person who runs this command. They can read the database and its key, so nothing is kept from them."""
    inner = create(embedded.application())
    caller = Caller(embedded.me(), Role.ADMIN, via=VIA)

    def known(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return inner({**environ, LOCAL: caller}, start_response)

    return Connection("http://localhost", transport=httpx.WSGITransport(known))
