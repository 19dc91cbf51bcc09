"""What the use cases need from the outside. Adapters fulfil it; nothing here knows how."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

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
    """One commissioning, testing or installation script of a machine. `output` is empty unless asked for."""

    name: str
    kind: str
    status: str
    exit_status: int | None
    output: str


class Provisioner(Protocol):
    """One MAAS region. Safe to share between threads.

    Every method may raise Invalid, Refused, NotFound, Conflict or Unavailable (`gough.domain.errors`). Operations
    are asynchronous: the record they answer shows the machine as it was at commit.
    """

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

    def newest_event_id(self) -> int:
        """0 where there is no event yet."""
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

    def deploy(self, system_id: str, *, series: str, user_data: bytes, comment: str = "") -> MachineRecord: ...

    def commission(self, system_id: str, *, skip_tests: bool = False) -> MachineRecord: ...

    def test(self, system_id: str) -> MachineRecord: ...

    def release(self, system_id: str, *, erase: bool = False, comment: str = "") -> MachineRecord: ...

    def abort(self, system_id: str, *, comment: str = "") -> MachineRecord: ...

    def power_on(self, system_id: str) -> MachineRecord: ...

    def power_off(self, system_id: str) -> MachineRecord: ...


class Waker(Protocol):
    """Tells the workers that something may be due. Losing a call costs at most one poll."""

    def wake(self) -> None: ...
