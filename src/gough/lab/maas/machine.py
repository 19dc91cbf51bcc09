"""A machine as the region keeps it. Plain data: what may happen to it is decided elsewhere."""

import threading
from dataclasses import dataclass, field
from enum import StrEnum

from gough.domain.machine_status import MachineStatus
from gough.lab.maas.scripts import ScriptSet


class BootTarget(StrEnum):
    """What the region serves to a machine that asks it over PXE."""

    COMMISSIONING = "commissioning"
    TESTING = "testing"  # the commissioning image, with tests to run
    ERASING = "erasing"  # the commissioning image, with disks to wipe
    INSTALLER = "installer"
    EPHEMERAL = "ephemeral"  # deployed in memory: every boot comes over the network
    LOCAL_DISK = "local_disk"
    POWER_OFF = "power_off"  # nothing to do for a machine in this state


@dataclass(frozen=True, slots=True)
class Hardware:
    """What commissioning finds. Unknown texts are MAAS's word for facts the firmware does not give."""

    cpu_count: int
    memory_mib: int
    disk_bytes: tuple[int, ...] = (64 * 10**9,)
    cpu_speed_mhz: int = 0
    cpu_model: str = "Unknown"
    vendor: str = "Unknown"
    product: str = "Unknown"
    serial: str = "Unknown"
    hardware_uuid: str | None = None
    boot_method: str = "uefi"


@dataclass(slots=True)
class Machine:
    """`number` counts machines from 1 and makes the ids of its parts and its address."""

    system_id: str
    number: int
    hostname: str
    architecture: str
    mac_addresses: tuple[str, ...]
    power_type: str
    power_parameters: dict[str, str] = field(default_factory=dict)
    zone: str = "default"
    pool: str = "default"
    tags: tuple[str, ...] = ()
    description: str = ""

    status: MachineStatus = MachineStatus.NEW
    previous_status: MachineStatus = MachineStatus.NEW
    status_message: str | None = None
    status_action: str | None = None
    owner: str | None = None
    agent_name: str = ""
    owner_data: dict[str, str] = field(default_factory=dict)
    locked: bool = False
    power_state: str = "unknown"
    netboot: bool = True
    ephemeral: bool = False
    osystem: str = ""
    distro_series: str = ""
    hwe_kernel: str | None = None
    user_data: bytes = b""
    hardware: Hardware | None = None
    script_sets: list[ScriptSet] = field(default_factory=list)
    bmc: threading.Lock = field(default_factory=threading.Lock)  # held while the power is switched: one at a time
    gathering: bool = False  # whether this commissioning run has fetched its instructions

    @property
    def address(self) -> str:
        return f"10.64.{self.number // 250}.{self.number % 250 + 2}"

    @property
    def has_address(self) -> bool:
        return bool(self.osystem) and self.owner is not None

    def current(self, kind: str) -> ScriptSet | None:
        """The newest set of a kind: Commissioning, Testing or Installation."""
        return next((s for s in reversed(self.script_sets) if s.kind == kind), None)
