"""What the use cases need from the outside. Adapters fulfil it; nothing here knows how."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from gough.domain.fleet_hosts import HostRecord, PolicyDraft, PolicyRecord
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


@dataclass(frozen=True, slots=True)
class SignOn:
    """A sign-in begun at an identity provider. The browser goes to `url`; the rest is kept until it returns."""

    url: str
    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedOn:
    """Somebody, as an identity provider has just vouched for them. `issuer` and `subject` name them for good.

    `name` is what people call them there, and may change; `id_token` is the provider's word itself, for signing out.
    """

    issuer: str
    subject: str
    name: str
    groups: frozenset[str]
    id_token: str = field(repr=False)


class IdentityProvider(Protocol):
    """One OpenID Connect provider. Safe to share between threads.

    Every method may raise Unavailable (it does not answer) or Refused (what it answers cannot be used).
    """

    def begin(self) -> SignOn: ...

    def finish(self, begun: SignOn, answer: Mapping[str, str], *, now: datetime) -> SignedOn:
        """`answer`: what came back with the browser. Raises Unauthenticated where it is not the answer to `begun`,
        and Denied where the provider said no, or did not ask for what Gough insists on.
        """
        ...

    def sign_out_url(self, id_token: str) -> str:
        """Where the browser signs out of the provider too; empty where it offers no such thing."""
        ...

    def describe(self) -> str:
        """What it says of itself now, for `gough doctor`."""
        ...


class SecurityServer(Protocol):
    """One Fleet server. Safe to share between threads.

    Every method may raise Invalid, Refused, NotFound, Conflict or Unavailable (`gough.domain.errors`).
    """

    def close(self) -> None:
        """Let the connections go."""
        ...

    def version(self) -> str: ...

    def username(self) -> str:
        """The user the token belongs to."""
        ...

    def records(self) -> Iterator[HostRecord]:
        """Every host with the verdict of every policy on it, fetched in pages."""
        ...

    def records_since(self, moment: datetime, *, by: str) -> Iterator[HostRecord]:
        """Those whose time `by` (policy_updated_at, last_enrolled_at, …) is not before `moment`, newest first."""
        ...

    def offline_ids(self) -> frozenset[int]:
        """The hosts that Fleet has not heard lately; every other one is online."""
        ...

    def policies(self) -> Sequence[PolicyRecord]: ...

    def create_policy(self, draft: PolicyDraft) -> PolicyRecord:
        """Conflict when the name is taken."""
        ...

    def update_policy(self, policy_id: int, draft: PolicyDraft) -> PolicyRecord: ...

    def enroll_secrets(self) -> Sequence[str]:
        """With any of them osquery may enrol."""
        ...


@dataclass(frozen=True, slots=True)
class Play:
    """A playbook of Gough's for one machine. `playbook` is a file; `private_key` is in OpenSSH's form.

    `variables` are the host's, `groups` those that it is in. `known_hosts` is a file that keeps its SSH keys.
    """

    playbook: Path
    hostname: str
    variables: Mapping[str, Any] = field(repr=False)
    groups: Sequence[str]
    private_key: str = field(repr=False)
    known_hosts: Path


class TaskOutcome(StrEnum):
    CHANGED = "changed"
    FAILED = "failed"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What a task came to on the machine. `said` is Ansible's message, censored where the task has `no_log`."""

    task: str
    outcome: TaskOutcome
    said: str = ""


class PlayEnd(StrEnum):
    CONVERGED = "converged"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Played:
    """How it ended, Ansible's counts of tasks, and what it printed last where no task says why."""

    end: PlayEnd
    recap: Mapping[str, int]
    said: str = ""


class Configurator(Protocol):
    """Runs playbooks. Raises Unavailable where that cannot be begun."""

    def play(self, play: Play, heard: Callable[[TaskResult], None], stop: Callable[[], bool]) -> Played:
        """Blocks until the end. `heard` is told of each task that matters; `stop` is asked every second or so."""
        ...


class Waker(Protocol):
    """Tells the workers that something may be due. Losing a call costs at most one poll."""

    def wake(self) -> None: ...
