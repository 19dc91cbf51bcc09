"""Making, changing and deleting machines as records, and joining their interfaces to subnets."""

from collections.abc import Mapping, Sequence

from gough.adapters.maas.machine_paths import filled, machine_path, node_path
from gough.adapters.maas.machine_reading import MachineReading
from gough.adapters.maas.models import INTERFACE, MACHINE
from gough.domain.machines import MachineRecord
from gough.ports import NewMachine

POWER_PREFIX = "power_parameters_"


class MachineSetup(MachineReading):
    def create_machine(
        self,
        *,
        architecture: str,
        mac_addresses: Sequence[str],
        power_type: str = "manual",
        power_parameters: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
        commission: bool = False,
    ) -> MachineRecord:
        """`fields` are MAAS's: hostname, description, zone, pool, … Invalid names every field that is wrong."""
        powers = {f"{POWER_PREFIX}{name}": value for name, value in (power_parameters or {}).items()}
        form: dict[str, str | Sequence[str]] = {
            **(fields or {}),
            **powers,
            "architecture": architecture,
            "mac_addresses": list(mac_addresses),
            "power_type": power_type,
            "commission": "true" if commission else "false",  # MAAS's own default is to commission at once
        }
        return self._http.post("machines/", MACHINE, {}, form).record()

    def enlist(self, wanted: NewMachine) -> MachineRecord:
        named = filled(
            hostname=wanted.hostname, zone=wanted.zone, pool=wanted.pool, description=wanted.description
        )  # what is empty is MAAS's to choose
        return self.create_machine(
            architecture=wanted.architecture, mac_addresses=wanted.mac_addresses, power_type=wanted.power_type,
            power_parameters=wanted.power_parameters, fields=named,
        )  # fmt: skip

    def update(self, system_id: str, fields: Mapping[str, str]) -> MachineRecord:
        return self._http.put(machine_path(system_id), MACHINE, fields).record()

    def delete_machine(self, system_id: str) -> None:
        """Its events and results go with it. Refused while it is locked."""
        self._http.delete(machine_path(system_id))

    def link(self, system_id: str, interface: int, *, subnet: int, mode: str, ip_address: str = "") -> None:
        path = node_path(system_id, f"interfaces/{interface}")
        if mode.lower() == "dhcp":  # MAAS refuses a second DHCP link, even with force
            self._http.post(path, INTERFACE, {"op": "disconnect"}, {})
        form = {"mode": mode.upper(), "subnet": str(subnet), "force": "true"}
        self._http.post(
            path, INTERFACE, {"op": "link_subnet"}, form | ({"ip_address": ip_address} if ip_address else {})
        )
