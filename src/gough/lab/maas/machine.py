"""A machine as the region keeps it. Plain data: what may happen to it is decided elsewhere."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
    RESCUE = "rescue"  # the commissioning image, with nothing to do but let people in
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


@dataclass(frozen=True, slots=True)
class Link:
    """An interface on a subnet. `mode` is MAAS's: auto, static, dhcp, link_up; auto has an address while deployed."""

    id: int
    mode: str
    subnet_id: int | None
    ip_address: str = ""


@dataclass(frozen=True, slots=True)
class Nic:
    """A network interface. `vlan_id` None: not connected, as far as MAAS knows."""

    id: int
    name: str
    mac_address: str
    vlan_id: int | None = None
    links: tuple[Link, ...] = ()


class Bmc:
    """Switched by one at a time. A copy is another BMC."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def mine(self) -> Iterator[None]:
        with self._lock:
            yield

    def __deepcopy__(self, memo: dict[int, object]) -> "Bmc":
        return Bmc()


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
    min_hwe_kernel: str = ""
    user_data: bytes = b""
    hardware: Hardware | None = None
    nics: tuple[Nic, ...] = ()
    storage_layout: str = "blank"
    rescued_from: tuple[MachineStatus, str | None] | None = None  # status and owner before rescue mode
    script_sets: list[ScriptSet] = field(default_factory=list)
    bmc: Bmc = field(default_factory=Bmc)
    gathering: bool = False  # whether this commissioning run has fetched its instructions
    kept: frozenset[str] = frozenset()  # what this commissioning run leaves as it is, by its options' names
    stays_on: bool = False  # after commissioning or testing, for people who have logged in
    erasing: str = ""  # how its disks are being erased: quick, secure or full; with both asked for, quick+secure

    def __post_init__(self) -> None:
        if not self.nics:
            first = self.number * 100
            self.nics = tuple(Nic(first + n, f"eth{n}", mac) for n, mac in enumerate(self.mac_addresses))

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(link.ip_address for nic in self.nics for link in nic.links if link.ip_address)

    @property
    def address(self) -> str:
        """Its first; empty when it has none."""
        return next(iter(self.addresses), "")

    @property
    def has_address(self) -> bool:
        return bool(self.addresses)

    def current(self, kind: str) -> ScriptSet | None:
        """The newest set of a kind: Commissioning, Testing or Installation."""
        return next((s for s in reversed(self.script_sets) if s.kind == kind), None)
