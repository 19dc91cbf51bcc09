"""Fleet's REST API, as much of it as Gough uses. https://fleetdm.com/docs/rest-api/rest-api

The operations: which path, which fields, which quirk. How to ask is in `http`, what the answers mean in `models` and
`site_models`, what the refusals mean in `errors`.
"""

import time
from collections.abc import Callable

import httpx

from gough.adapters.fleet.access import Access
from gough.adapters.fleet.configuration import ServerConfiguration
from gough.adapters.fleet.hosts import Hosts
from gough.adapters.fleet.http import FleetHttp
from gough.adapters.fleet.inventory import Inventory
from gough.adapters.fleet.policies import Policies
from gough.adapters.fleet.queries import Queries
from gough.domain.fleet_address import parse_address
from gough.ports import SecurityServer


def connect(url: str, token: str, ca: str = "", *, loopback: bool = True) -> SecurityServer:
    """A server behind its URL. Raises Invalid for what cannot be an address or a CA; nothing is sent yet.

    `loopback`: whether that may be this computer.
    """
    return FleetClient(url, token, ca=ca, loopback=loopback)


class FleetClient(Access, Hosts, Policies, Queries, Inventory, ServerConfiguration):
    """One Fleet server. Safe to share between threads, except while `setup` or `login` change who asks.

    `ca`: PEM of the authority that signed its certificate. `sleep` is for tests: the pause between two tries of a GET.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        ca: str = "",
        transport: httpx.BaseTransport | None = None,
        loopback: bool = True,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = FleetHttp(parse_address(url), token, ca=ca, transport=transport, loopback=loopback, sleep=sleep)
        self._version = ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._http.address.url!r})"

    def close(self) -> None:
        self._http.close()
