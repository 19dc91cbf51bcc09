"""What is known about a machine and its job at one moment: the only thing decisions are made from."""

from dataclasses import dataclass
from datetime import datetime

from gough.domain.machine_status import MachineStatus


@dataclass(frozen=True, slots=True)
class Facts:
    """`known_until`: when MAAS was last looked at; None where that does not matter."""

    status: MachineStatus
    known_until: datetime | None = None
    known_to_maas: bool = True
    user_data_accepted: bool = False
    findings: tuple[str, ...] = ()
    submitted: bool = False
    aborted: bool = False
    lock_wanted: bool = False
    cloud_init_finished: bool = False
    cloud_init_failed: bool = False
    agent_online: bool = False
    fleet_configured: bool = False
    fleet_enrolled: bool = False
    fleet_online: bool = False
    policies_known: bool = False
    critical_policies_failing: tuple[str, ...] = ()
    playbooks_wanted: bool = False
    playbooks_converged: bool = False
    playbooks_failed: bool = False
    alerts: tuple[str, ...] = ()
