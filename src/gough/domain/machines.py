"""A machine as its provisioner (MAAS) describes it at one moment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from gough.domain.machine_status import MachineStatus

_HOSTNAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def is_hostname(name: str) -> bool:
    """Whether it may be a machine's name: one label of RFC 1123, as MAAS asks for."""
    return _HOSTNAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class MachineRecord:
    """Sizes in MiB as MAAS gives memory, and MB for storage; both are 0 before commissioning."""

    system_id: str
    hostname: str
    status: MachineStatus
    fqdn: str = ""
    status_message: str = ""
    power_state: str = "unknown"
    power_type: str = ""
    architecture: str = ""
    cpu_count: int = 0
    memory_mib: int = 0
    storage_mb: float = 0.0
    zone: str = ""
    pool: str = ""
    owner: str = ""
    osystem: str = ""
    distro_series: str = ""
    hwe_kernel: str = ""
    locked: bool = False
    description: str = ""
    hardware_uuid: str = ""
    serial: str = ""
    tags: tuple[str, ...] = ()
    mac_addresses: tuple[str, ...] = ()
    ip_addresses: tuple[str, ...] = ()
    owner_data: Mapping[str, str] = field(default_factory=dict)
