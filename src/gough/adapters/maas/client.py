"""MAAS REST API 2.0, as much of it as Gough uses. https://maas.io/docs/api

The operations: which path, which form fields, which quirk. How to ask is in `http`, what the answers mean in `models`.
"""

import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence

import httpx

from gough.adapters.maas.http import RegionHttp
from gough.adapters.maas.models import (
    EVENT_PAGE,
    MACHINE,
    MACHINE_OR_NULL,
    MACHINES,
    SCRIPT_SETS,
    USER,
    VERSION,
    Machine,
)
from gough.adapters.maas.oauth import OAuthPlaintext
from gough.domain.errors import NotFound
from gough.domain.machines import MachineRecord
from gough.ports import Provisioner, ProvisionerEvent, ScriptResult

CHUNK = 20  # machines a request: about 1.4 s of the region's time, against 60 s for 1,100 at once
MOST_EVENTS = 1000  # MAAS refuses more a request
_SYSTEM_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
ALL_EVENTS = {"op": "query", "level": "DEBUG"}  # changes of status are events only at DEBUG


def connect(url: str, api_key: str) -> Provisioner:
    """A region behind its URL (`http://maas:5240/MAAS/`). Raises Misconfigured; nothing is sent yet."""
    return MaasClient(url, api_key)


class MaasClient:
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
        self._http = RegionHttp(url, OAuthPlaintext(api_key, clock=clock), transport, sleep)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._http.url!r})"

    def close(self) -> None:
        self._http.close()

    def version(self) -> str:
        return self._http.get("version/", VERSION).version

    def whoami(self) -> str:
        return self._http.get("users/", USER, {"op": "whoami"}).username

    def system_ids(self) -> frozenset[str]:
        # The answer carries every machine's BMC password; only its keys leave the parser.
        return self._http.get_keys("machines/", {"op": "power_parameters"})

    def machines(self, system_ids: Sequence[str]) -> Iterator[MachineRecord]:
        for start in range(0, len(system_ids), CHUNK):
            chunk = system_ids[start : start + CHUNK]
            yield from (found.record() for found in self._http.get("machines/", MACHINES, {"id": chunk}))

    def machine(self, system_id: str) -> MachineRecord:
        return self._http.get(_machine(system_id), MACHINE).record()

    def newest_event_id(self) -> int:
        page = self._http.get("events/", EVENT_PAGE, ALL_EVENTS | {"limit": "1"})
        return max((event.id for event in page.events), default=0)

    def events(self, after: int, *, limit: int = MOST_EVENTS) -> Sequence[ProvisionerEvent]:
        bounds = {"after": str(after), "limit": str(min(limit, MOST_EVENTS))}
        page = self._http.get("events/", EVENT_PAGE, ALL_EVENTS | bounds)
        # MAAS picks the oldest newer ones but lists them newest first.
        return [event.line() for event in sorted(page.events, key=lambda event: event.id)]

    def script_results(self, system_id: str, *, include_output: bool = False) -> Sequence[ScriptResult]:
        params = {"include_output": "true"} if include_output else None
        sets = self._http.get(f"nodes/{_known(system_id)}/results/", SCRIPT_SETS, params)
        return [result for one_set in sets for result in one_set.all_results()]

    def is_allocated_as(self, system_id: str, agent_name: str) -> bool:
        return bool(self._http.get("machines/", MACHINES, {"id": system_id, "agent_name": agent_name}))

    def allocate(self, system_id: str, *, agent_name: str, comment: str = "") -> MachineRecord:
        form = {"system_id": system_id, "agent_name": agent_name} | _filled(comment=comment)
        return self._http.post("machines/", MACHINE, {"op": "allocate"}, form).record()

    def set_owner_data(self, system_id: str, data: Mapping[str, str]) -> MachineRecord:
        return self._operate(system_id, "set_owner_data", data)

    def deploy(self, system_id: str, *, series: str, user_data: bytes, comment: str = "") -> MachineRecord:
        """Raises Conflict when its status forbids it, Invalid with MAAS's words per field."""
        form = {"distro_series": series, "user_data": b64encode(user_data).decode()}
        return self._operate(system_id, "deploy", form | _filled(comment=comment))

    def commission(self, system_id: str, *, skip_tests: bool = False) -> MachineRecord:
        return self._operate(system_id, "commission", {"testing_scripts": "none"} if skip_tests else {})

    def test(self, system_id: str) -> MachineRecord:
        return self._operate(system_id, "test", {})

    def release(self, system_id: str, *, erase: bool = False, comment: str = "") -> MachineRecord:
        form = {"erase": "true"} if erase else {}
        return self._operate(system_id, "release", form | _filled(comment=comment))

    def abort(self, system_id: str, *, comment: str = "") -> MachineRecord:
        return self._operate(system_id, "abort", _filled(comment=comment))

    def power_on(self, system_id: str) -> MachineRecord:
        return self._operate(system_id, "power_on", {})

    def power_off(self, system_id: str) -> MachineRecord:
        return self._operate(system_id, "power_off", {})

    def _operate(self, system_id: str, operation: str, form: Mapping[str, str]) -> MachineRecord:
        answer: Machine | None = self._http.post(_machine(system_id), MACHINE_OR_NULL, {"op": operation}, form)
        # power_off answers null where MAAS cannot switch the power (power_type manual).
        return answer.record() if answer else self.machine(system_id)


def _machine(system_id: str) -> str:
    return f"machines/{_known(system_id)}/"


def _known(system_id: str) -> str:
    """The id, as long as it can be one: anything else would make another path of the URL."""
    if not _SYSTEM_ID.fullmatch(system_id):
        raise NotFound(f"MAAS: no machine can have the id {system_id[:40]!r}.")
    return system_id


def _filled(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}
