"""What a machine is asked to do: the operations of `machines/{system_id}/`. None is repeated."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence

from gough.adapters.maas.machine_forms import commission_form, release_form, script_form
from gough.adapters.maas.machine_paths import filled, machine_path
from gough.adapters.maas.machine_reading import MachineReading
from gough.adapters.maas.models import MACHINE, MACHINE_OR_NULL, SYSTEM_IDS, Machine
from gough.domain.machine_options import (
    COMMISSION_AS_USUAL,
    RELEASE_AS_USUAL,
    TEST_AS_USUAL,
    CommissionOptions,
    ReleaseOptions,
    ScriptOptions,
)
from gough.domain.machines import MachineRecord


class MachineOperations(MachineReading):
    def allocate(self, system_id: str, *, agent_name: str, comment: str = "") -> MachineRecord:
        form = {"system_id": system_id, "agent_name": agent_name} | filled(comment=comment)
        return self._http.post("machines/", MACHINE, {"op": "allocate"}, form).record()

    def set_owner_data(self, system_id: str, data: Mapping[str, str]) -> MachineRecord:
        return self._operate(system_id, "set_owner_data", data)

    def remove_owner_data(self, system_id: str, names: Iterable[str]) -> MachineRecord:
        """MAAS forgets a name whose value is empty; one that is not there does not matter."""
        return self.set_owner_data(system_id, dict.fromkeys(names, ""))

    def deploy(
        self, system_id: str, *, series: str, user_data: bytes, kernel: str = "", comment: str = ""
    ) -> MachineRecord:
        """Raises Conflict when its status forbids it, Invalid with MAAS's words per field."""
        form = {"distro_series": series, "user_data": b64encode(user_data).decode()}
        return self._operate(system_id, "deploy", form | filled(hwe_kernel=kernel, comment=comment))

    def commission(self, system_id: str, options: CommissionOptions = COMMISSION_AS_USUAL) -> MachineRecord:
        return self._operate(system_id, "commission", commission_form(options))

    def test(self, system_id: str, options: ScriptOptions = TEST_AS_USUAL) -> MachineRecord:
        return self._operate(system_id, "test", script_form(options))

    def override_failed_testing(self, system_id: str, *, comment: str = "") -> MachineRecord:
        """A machine whose tests failed becomes usable all the same: Deployed if it has a system, else Ready."""
        return self._operate(system_id, "override_failed_testing", filled(comment=comment))

    def release(
        self, system_id: str, options: ReleaseOptions = RELEASE_AS_USUAL, *, comment: str = ""
    ) -> MachineRecord:
        return self._operate(system_id, "release", release_form(options) | filled(comment=comment))

    def release_all(self, system_ids: Sequence[str], *, comment: str = "") -> frozenset[str]:
        """Those that are released by this call; all or none. Ready and Releasing ones are left as they are."""
        form: dict[str, str | Sequence[str]] = {"machines": list(system_ids), **filled(comment=comment)}
        released: list[str] = self._http.post("machines/", SYSTEM_IDS, {"op": "release"}, form)
        return frozenset(released)

    def abort(self, system_id: str, *, comment: str = "") -> MachineRecord:
        return self._operate(system_id, "abort", filled(comment=comment))

    def power_on(self, system_id: str) -> MachineRecord:
        return self._operate(system_id, "power_on", {})

    def power_off(self, system_id: str) -> MachineRecord:
        return self._operate(system_id, "power_off", {})

    def lock(self, system_id: str, *, comment: str = "") -> MachineRecord:
        return self._operate(system_id, "lock", filled(comment=comment))

    def unlock(self, system_id: str, *, comment: str = "") -> MachineRecord:
        return self._operate(system_id, "unlock", filled(comment=comment))

    def mark_broken(self, system_id: str, *, comment: str = "") -> MachineRecord:
        return self._operate(system_id, "mark_broken", filled(comment=comment))

    def mark_fixed(self, system_id: str, *, comment: str = "") -> MachineRecord:
        return self._operate(system_id, "mark_fixed", filled(comment=comment))

    def rescue(self, system_id: str) -> MachineRecord:
        return self._operate(system_id, "rescue_mode", {})

    def exit_rescue(self, system_id: str) -> MachineRecord:
        return self._operate(system_id, "exit_rescue_mode", {})

    def set_storage_layout(self, system_id: str, layout: str) -> MachineRecord:
        return self._operate(system_id, "set_storage_layout", {"storage_layout": layout})

    def _operate(self, system_id: str, operation: str, form: Mapping[str, str]) -> MachineRecord:
        answer: Machine | None = self._http.post(machine_path(system_id), MACHINE_OR_NULL, {"op": operation}, form)
        # power_off answers null where MAAS cannot switch the power (power_type manual).
        return answer.record() if answer else self.machine(system_id)
