"""Alice, another user of the same MAAS: deploys machines without Gough, as people and Terraform do."""

from collections.abc import Callable, Mapping, Sequence

from gough.domain.errors import GoughError
from gough.domain.machine_options import WITHOUT_TESTS
from gough.domain.machine_status import MachineStatus
from gough.ports import Provisioner

NAME = "alice"
SERIES = "ubuntu/noble"
USER_DATA = b"#cloud-config\npackages: [nginx]\n"  # nothing of Gough's

Step = Callable[[Provisioner, str], object]
STEPS: Mapping[MachineStatus, Step] = {
    MachineStatus.NEW: lambda maas, system_id: maas.commission(system_id, WITHOUT_TESTS),
    MachineStatus.READY: lambda maas, system_id: maas.allocate(system_id, agent_name=""),
    MachineStatus.ALLOCATED: lambda maas, system_id: maas.deploy(system_id, series=SERIES, user_data=USER_DATA),
}


class Neighbour:
    """Takes each machine from New to Deployed, once; what becomes of it afterwards is not her business."""

    def __init__(self, maas: Provisioner, system_ids: Sequence[str]) -> None:
        self._maas = maas
        self._todo = list(system_ids)

    def work(self) -> None:
        """The next step of every machine that waits for one. What MAAS refuses is asked again in the next round."""
        if not self._todo:
            return
        try:
            for machine in self._maas.machines(self._todo):
                if machine.status is MachineStatus.DEPLOYED:
                    self._todo.remove(machine.system_id)
                elif machine.status in STEPS:
                    STEPS[machine.status](self._maas, machine.system_id)
        except GoughError:
            return
