"""MAAS REST API 2.0, as much of it as Gough uses. https://maas.io/docs/api

The operations: which path, which form fields, which quirk; those on machines are in `machine_reading`,
`machine_operations` and `machine_setup`, those on the rest of a region in `catalogue`. How to ask is in `http`, what
the answers mean in `models`.
"""

import time
from collections.abc import Callable, Sequence

import httpx

from gough.adapters.maas.catalogue import Catalogue
from gough.adapters.maas.http import RegionHttp
from gough.adapters.maas.machine_operations import MachineOperations
from gough.adapters.maas.machine_setup import MachineSetup
from gough.adapters.maas.models import EVENT_PAGE, USER, VERSION
from gough.adapters.maas.oauth import OAuthPlaintext
from gough.adapters.outbound import CheckedTransport
from gough.ports import Provisioner, ProvisionerEvent

MOST_EVENTS = 1000  # MAAS refuses more a request
ALL_EVENTS = {"op": "query", "level": "DEBUG"}  # changes of status are events only at DEBUG


def connect(url: str, api_key: str, *, loopback: bool = True) -> Provisioner:
    """A region behind its URL (`http://maas:5240/MAAS/`). Raises Misconfigured; nothing is sent yet.

    `loopback`: whether that may be this computer.
    """
    return MaasClient(url, api_key, transport=CheckedTransport(httpx.HTTPTransport(), loopback=loopback))


class MaasClient(MachineOperations, MachineSetup, Catalogue):
    """One MAAS region, as `Provisioner` describes it. Safe to share between threads.

    `clock` and `sleep` are for tests: seconds since the epoch, and the pause between two tries of a GET.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(RegionHttp(url, OAuthPlaintext(api_key, clock=clock), transport, sleep))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._http.url!r})"

    def close(self) -> None:
        self._http.close()

    def version(self) -> str:
        return self._http.get("version/", VERSION).version

    def whoami(self) -> str:
        return self._http.get("users/", USER, {"op": "whoami"}).username

    def newest_event(self, *, up_to: int | None = None) -> ProvisionerEvent | None:
        bound = {} if up_to is None else {"before": str(up_to + 1)}
        return next(iter(self._events(bound | {"limit": "1"})), None)

    def events(self, after: int, *, limit: int = MOST_EVENTS) -> Sequence[ProvisionerEvent]:
        return self._events({"after": str(after), "limit": str(min(limit, MOST_EVENTS))})

    def _events(self, bounds: dict[str, str]) -> Sequence[ProvisionerEvent]:
        page = self._http.get("events/", EVENT_PAGE, ALL_EVENTS | bounds)
        # MAAS picks the oldest newer ones but lists them newest first.
        return [event.line() for event in sorted(page.events, key=lambda event: event.id)]
