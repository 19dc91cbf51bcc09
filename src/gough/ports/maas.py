"""What the use cases need of a MAAS region."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gough.domain.machine_options import (
    COMMISSION_AS_USUAL,
    RELEASE_AS_USUAL,
    TEST_AS_USUAL,
    CommissionOptions,
    ReleaseOptions,
    ScriptOptions,
)
from gough.domain.machines import MachineRecord


@dataclass(frozen=True, slots=True)
class ProvisionerEvent:
    """One line of MAAS's event log. `level` is MAAS's: DEBUG, INFO, WARNING, ERROR, CRITICAL, AUDIT."""

    id: int
    system_id: str
    hostname: str
    type: str
    description: str
    level: str
    username: str
    created: datetime


@dataclass(frozen=True, slots=True)
class ScriptResult:
    """One commissioning, testing or installation script of a machine. `output` is empty unless asked for.

    `device`: the disk or interface it ran on, as people find it: `sda, SAMSUNG MZ7LH480, serial S45PNA0M`.
    """

    name: str
    kind: str
    status: str
    exit_status: int | None
    output: str
    device: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """How an interface is joined to a subnet. `mode` is MAAS's: auto, static, dhcp, link_up."""

    id: int
    mode: str
    subnet: str
    ip_address: str = ""


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface of a machine; `type` is MAAS's: physical, bond, vlan, bridge."""

    id: int
    name: str
    type: str
    mac_address: str
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Subnet:
    """`cidr` as MAAS writes it, `vlan` its VID, `managed`: MAAS gives out its addresses."""

    id: int
    cidr: str
    name: str
    vlan: int
    fabric: str
    gateway_ip: str = ""
    managed: bool = True


@dataclass(frozen=True, slots=True)
class AddressRange:
    """Addresses set aside: `dynamic` for DHCP, `reserved` for others."""

    id: int
    type: str
    start_ip: str
    end_ip: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class NetworkSubnet:
    """`managed`: MAAS gives out its addresses."""

    id: int
    cidr: str
    name: str
    gateway_ip: str = ""
    dns_servers: tuple[str, ...] = ()
    managed: bool = True
    ranges: tuple[AddressRange, ...] = ()


@dataclass(frozen=True, slots=True)
class Network:
    """A VLAN of a fabric with what is on it. `id` is unique in the region, `vid` in the fabric (0: untagged)."""

    id: int
    fabric: str
    vid: int
    name: str
    mtu: int
    dhcp_on: bool
    space: str = ""
    subnets: tuple[NetworkSubnet, ...] = ()


@dataclass(frozen=True, slots=True)
class NewMachine:
    """What MAAS must be told of a machine that it has never seen. `power_parameters` hold the BMC's password."""

    architecture: str
    mac_addresses: tuple[str, ...]
    power_type: str = "manual"
    power_parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    hostname: str = ""
    zone: str = ""
    pool: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class BootImage:
    """What can be deployed: `name` like `ubuntu/noble`, `kernels` like `ga-24.04`."""

    name: str
    architecture: str
    kernels: tuple[str, ...] = ()


class Provisioner(Protocol):
    """One MAAS region. Safe to share between threads.

    Every method may raise Invalid, Refused, NotFound, Conflict or Unavailable (`gough.domain.errors`). Operations
    are asynchronous: the record they answer shows the machine as it was at commit.
    """

    def close(self) -> None:
        """Let the connections go."""
        ...

    def version(self) -> str: ...

    def whoami(self) -> str:
        """The user the key belongs to."""
        ...

    def system_ids(self) -> frozenset[str]:
        """Every machine there is. Cheap (2.4 s for 1,100 machines) next to listing them (60 s)."""
        ...

    def machines(self, system_ids: Sequence[str]) -> Iterator[MachineRecord]:
        """The machines with these ids, fetched in chunks; unknown ids are left out."""
        ...

    def machine(self, system_id: str) -> MachineRecord: ...

    def newest_event(self, *, up_to: int | None = None) -> ProvisionerEvent | None:
        """The event with the highest id, at any level; with `up_to`, the highest that is not above it. None: no event.

        Events end with their machine, so the one asked for may be gone.
        """
        ...

    def events(self, after: int, *, limit: int = 1000) -> Sequence[ProvisionerEvent]:
        """The oldest events newer than id `after`, oldest first, at every level; empty when there is none."""
        ...

    def script_results(self, system_id: str, *, include_output: bool = False) -> Sequence[ScriptResult]: ...

    def is_allocated_as(self, system_id: str, agent_name: str) -> bool:
        """Whether this machine was allocated with `agent_name` (MAAS shows it only as a filter)."""
        ...

    def allocate(self, system_id: str, *, agent_name: str, comment: str = "") -> MachineRecord:
        """Acquire exactly this machine. Conflict when it is not Ready or somebody was faster."""
        ...

    def set_owner_data(self, system_id: str, data: Mapping[str, str]) -> MachineRecord: ...

    def deploy(
        self, system_id: str, *, series: str, user_data: bytes, kernel: str = "", comment: str = ""
    ) -> MachineRecord: ...

    def commission(self, system_id: str, options: CommissionOptions = COMMISSION_AS_USUAL) -> MachineRecord:
        """Invalid for scripts and parameters that the region does not have."""
        ...

    def test(self, system_id: str, options: ScriptOptions = TEST_AS_USUAL) -> MachineRecord:
        """Invalid for scripts and parameters that the region does not have."""
        ...

    def release(
        self, system_id: str, options: ReleaseOptions = RELEASE_AS_USUAL, *, comment: str = ""
    ) -> MachineRecord: ...

    def abort(self, system_id: str, *, comment: str = "") -> MachineRecord: ...

    def power_on(self, system_id: str) -> MachineRecord: ...

    def power_off(self, system_id: str) -> MachineRecord: ...

    def power_state(self, system_id: str) -> str:
        """What the BMC itself says now: on, off, unknown or error. May take MAAS a minute."""
        ...

    def lock(self, system_id: str, *, comment: str = "") -> MachineRecord: ...

    def unlock(self, system_id: str, *, comment: str = "") -> MachineRecord: ...

    def mark_broken(self, system_id: str, *, comment: str = "") -> MachineRecord:
        """Only the machine's owner may."""
        ...

    def mark_fixed(self, system_id: str, *, comment: str = "") -> MachineRecord: ...

    def rescue(self, system_id: str) -> MachineRecord: ...

    def exit_rescue(self, system_id: str) -> MachineRecord: ...

    def enlist(self, wanted: NewMachine) -> MachineRecord:
        """Make it known, as New: nothing is commissioned. Invalid names every field that is wrong."""
        ...

    def delete_machine(self, system_id: str) -> None:
        """Its events and results go with it. Refused while it is locked."""
        ...

    def update(self, system_id: str, fields: Mapping[str, str]) -> MachineRecord:
        """Change hostname, pool, zone, description, …, by MAAS's field names. Refused while the machine is locked."""
        ...

    def set_tags(self, system_id: str, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """Tags that do not exist yet are made."""
        ...

    def set_storage_layout(self, system_id: str, layout: str) -> MachineRecord:
        """flat, lvm, bcache, blank; only in Ready. Replaces all partitions."""
        ...

    def interfaces(self, system_id: str) -> Sequence[Interface]: ...

    def link(self, system_id: str, interface: int, *, subnet: int, mode: str, ip_address: str = "") -> None:
        """Join an interface to a subnet, in place of the links it has; in Ready or Allocated."""
        ...

    def pools(self) -> frozenset[str]: ...

    def zones(self) -> frozenset[str]: ...

    def subnets(self) -> Sequence[Subnet]: ...

    def networks(self) -> Sequence[Network]:
        """Every VLAN with its subnets and their ranges. Three requests."""
        ...

    def images(self) -> Sequence[BootImage]:
        """What the region can deploy now; empty while it has imported nothing."""
        ...


@dataclass(frozen=True, slots=True)
class MachineNotice:
    """Something about a machine changed: `action` is create, update or delete. What it is, the REST API says."""

    system_id: str
    action: str


class Feed(Protocol):
    """One open connection to the feed of a region's pages."""

    def next(self, timeout: float) -> MachineNotice | None:
        """None: nothing within so many seconds. Raises Unavailable when the connection is gone."""
        ...

    def close(self) -> None:
        """May be called from another thread, and twice; wakes `next`."""
        ...
