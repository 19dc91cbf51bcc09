"""Reading machines. Nothing here changes anything."""

from collections.abc import Iterator, Mapping, Sequence

import bson
from bson.errors import BSONError

from gough.adapters.maas.errors import SYSTEM
from gough.adapters.maas.http import RegionHttp
from gough.adapters.maas.machine_paths import machine_path, node_path
from gough.adapters.maas.models import INTERFACES, MACHINE, MACHINES, POWER, SCRIPT_SET, SCRIPT_SETS
from gough.domain.errors import Invalid, Unavailable
from gough.domain.machines import MachineRecord
from gough.ports import Interface, ScriptResult

MOST = 100  # machines a request: the address stays short; whoever asks chooses how many the region can bear
NO_FILTERS = frozenset({"op", "format"})  # these would change what the request means


class MachineReading:
    _http: RegionHttp

    def system_ids(self) -> frozenset[str]:
        # The answer carries every machine's BMC password; only its keys leave the parser.
        return self._http.get_keys("machines/", {"op": "power_parameters"})

    def machines(self, system_ids: Sequence[str]) -> Iterator[MachineRecord]:
        for start in range(0, len(system_ids), MOST):
            chunk = system_ids[start : start + MOST]
            yield from (found.record() for found in self._http.get("machines/", MACHINES, {"id": chunk}))

    def machine(self, system_id: str) -> MachineRecord:
        return self._http.get(machine_path(system_id), MACHINE).record()

    def find(self, filters: Mapping[str, Sequence[str]]) -> list[MachineRecord]:
        """Machines by MAAS's own filters: hostname, mac_address, status, zone, pool, tags, owner, …

        Values of one filter are alternatives, except tags, which are all wanted; different filters narrow each other.
        Statuses go by `MachineStatus.filter_name`. Costs the region about 0.04 s for every machine found. Invalid for
        a filter, status, zone, pool or tag that MAAS does not know.
        """
        wrong = NO_FILTERS & filters.keys()
        if wrong:
            raise Invalid(
                f"{', '.join(sorted(wrong))}: no filter of machines. Use hostname, status, zone, pool, tags, …"
            )
        return [found.record() for found in self._http.get("machines/", MACHINES, filters)]

    def is_allocated_as(self, system_id: str, agent_name: str) -> bool:
        return bool(self._http.get("machines/", MACHINES, {"id": system_id, "agent_name": agent_name}))

    def power_state(self, system_id: str) -> str:
        """MAAS waits for a silent BMC for a minute, then Unavailable; power_type manual is always unknown."""
        return self._http.get_once(machine_path(system_id), POWER, {"op": "query_power_state"}).state

    def interfaces(self, system_id: str) -> Sequence[Interface]:
        return [found.interface() for found in self._http.get(node_path(system_id, "interfaces"), INTERFACES)]

    def script_results(self, system_id: str, *, include_output: bool = False) -> Sequence[ScriptResult]:
        sets = self._http.get(node_path(system_id, "results"), SCRIPT_SETS, _with_output(include_output))
        return [result for one_set in sets for result in one_set.all_results()]

    def script_set(self, system_id: str, which: int | str, *, include_output: bool = False) -> Sequence[ScriptResult]:
        """The scripts run together under an id, or as current-commissioning, current-testing, current-installation."""
        path = node_path(system_id, f"results/{which}")
        return self._http.get(path, SCRIPT_SET, _with_output(include_output)).all_results()

    def details(self, system_id: str) -> Mapping[str, bytes]:
        """What commissioning found, as `lshw` and `lldp` in XML; empty before it ran."""
        content = self._http.get_bytes(machine_path(system_id), {"op": "details"})
        try:
            document = bson.decode(content)
        except BSONError as error:
            raise Unavailable(SYSTEM, f"its details of {system_id} are not readable as BSON.") from error
        return {name: bytes(found or b"") for name, found in document.items()}

    def curtin_config(self, system_id: str) -> str:
        """What the installer was told, in YAML. Carries the machine's secrets; Invalid when there is no deployment."""
        return self._http.get_bytes(machine_path(system_id), {"op": "get_curtin_config"}).decode("utf-8", "replace")


def _with_output(include: bool) -> Mapping[str, str] | None:
    return {"include_output": "true"} if include else None
