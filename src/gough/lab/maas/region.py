"""A MAAS 3.4 region in one process: its machines, its log, and what stands before and behind its API.

Test equipment. It speaks the real wire protocol (see `endpoints`), and knows nothing of whoever talks to it.
"""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

from gough.domain.machine_status import MachineStatus
from gough.lab.maas import machine_side, rescue
from gough.lab.maas.catalogue import Catalogue
from gough.lab.maas.core import Core
from gough.lab.maas.events import Event
from gough.lab.maas.machine import BootTarget, Hardware, Machine
from gough.lab.maas.oauth import ApiKeys
from gough.lab.maas.power import Power
from gough.lab.maas.serving import Desk, Serving
from gough.lab.maas.users import User
from gough.lab.maas.websocket import Feeds

# (method, path below api/2.0/, op) → a status and a text to answer instead, or None to go on
Intercept = Callable[[str, str, str | None], tuple[int, str] | None]


@dataclass(frozen=True, slots=True)
class Backup:
    """What `Region.restore` takes; it may be restored more than once. Users and their keys are not in it."""

    machines: dict[str, Machine]
    events: tuple[list[Event], int]
    catalogue: Catalogue


class Region:
    """Thread-safe. Ids that do not exist raise KeyError.

    `pace` stretches the region's own waiting (seconds a BMC takes): 1 is brisk, 0 is at once. `clock` is in seconds
    since the epoch, for OAuth's timestamps and the dates it writes. `serving` makes reading machines as slow as it is.
    """

    version = "3.4.10"

    def __init__(
        self,
        *,
        power: Power,
        pace: float = 1.0,
        clock: Callable[[], float] = time.time,
        username: str = "admin",
        serving: Serving | None = None,
    ) -> None:
        self.core = Core(power, pace, clock, username)
        self.desk = Desk(serving or Serving())
        self.keys = ApiKeys(clock)
        self.api_key = self.keys.add(User(username)).text
        self.intercept: Intercept | None = None
        self.feeds = Feeds(self.core)

    @property
    def username(self) -> str:
        return self.core.username

    @property
    def password(self) -> str:
        """For its pages and their websocket; the API takes `api_key`."""
        return self.feeds.password

    @property
    def feeds_allowed(self) -> bool:
        return self.feeds.allowed

    @feeds_allowed.setter
    def feeds_allowed(self, allowed: bool) -> None:
        self.feeds.allowed = allowed

    def drop_feeds(self) -> None:
        """Every open websocket ends, without a goodbye."""
        self.feeds.drop()

    @property
    def calls(self) -> Counter[tuple[str, str]]:
        """How often each (operation, system_id) was accepted."""
        with self.core.lock:
            return self.core.calls.copy()

    @property
    def serving_seconds(self) -> float:
        """How long the region has been busy reading machines for its callers."""
        return self.desk.spent

    def close(self) -> None:
        self.core.worker.close()

    def add_user(self, name: str, *, admin: bool = False) -> str:
        """The new user's API key."""
        with self.core.lock:
            return self.keys.add(User(name, admin)).text

    def revoke(self, api_key: str) -> None:
        """From now on MAAS does not know this key. KeyError when it does not now."""
        with self.core.lock:
            self.keys.revoke(api_key)

    def backup(self) -> Backup:
        with self.core.lock:
            return Backup(*deepcopy((self.core.machines, self.core.events.saved(), self.core.catalogue)))

    def restore(self, saved: Backup) -> None:
        """Machines, events and all else but users are as they were then; event ids given since are given again."""
        with self.core.lock:
            gone = [machine for name, machine in self.core.machines.items() if name not in saved.machines]
            self.core.machines, events, self.core.catalogue = deepcopy((saved.machines, saved.events, saved.catalogue))
            self.core.events.restore(events)
            for machine in (*gone, *self.core.machines.values()):
                self.core.changed(machine)

    def enlist(
        self,
        *,
        hostname: str,
        mac_addresses: Sequence[str],
        architecture: str = "amd64/generic",
        power_type: str = "ipmi",
        zone: str = "default",
        pool: str = "default",
        tags: Iterable[str] = (),
    ) -> str:
        """A machine that booted for the first time: New, with no event. Its system_id."""
        core = self.core
        with core.lock:
            core.zones.add(zone)
            core.pools.add(pool)
            machine = Machine(
                system_id=core.new_system_id(),
                number=core.next_number(),
                hostname=hostname,
                architecture=architecture,
                mac_addresses=tuple(mac.lower() for mac in mac_addresses),
                power_type=power_type,
                power_parameters=_bmc(hostname) if power_type != "manual" else {},
                zone=zone,
                pool=pool,
                tags=tuple(tags),
            )
            return core.add(machine).system_id

    def system_ids(self) -> tuple[str, ...]:
        with self.core.lock:
            return tuple(self.core.machines)

    def snapshot(self, system_id: str) -> Machine:
        """A copy of the machine as it is now; changing it changes nothing."""
        with self.core.lock:
            return replace(self._machine(system_id))

    def status(self, system_id: str) -> MachineStatus:
        with self.core.lock:
            return self._machine(system_id).status

    def pending_scripts(self, system_id: str) -> tuple[str, ...]:
        """The scripts the region waits for: commissioning's while Commissioning, tests while Testing."""
        kinds = {MachineStatus.COMMISSIONING: "Commissioning", MachineStatus.TESTING: "Testing"}
        with self.core.lock:
            machine = self._machine(system_id)
            one = machine.current(kinds.get(machine.status, "Installation"))
            return one.pending if one else ()

    def pxe_boot(self, system_id: str) -> BootTarget:
        with self.core.lock:
            return machine_side.pxe_boot(self.core, self._machine(system_id))

    def signal(
        self, system_id: str, *, origin: str, name: str, event_type: str, description: str, result: str | None = None
    ) -> None:
        """MAAS's status webhook: `event_type` start or finish, `result` SUCCESS, WARN or FAIL."""
        with self.core.lock:
            machine = self._machine(system_id)
            machine_side.signal(
                self.core,
                machine,
                origin=origin,
                name=name,
                event_type=event_type,
                description=description,
                result=result,
            )

    def report_script(self, system_id: str, name: str, exit_status: int, output: str | bytes = b"") -> None:
        said = output.encode() if isinstance(output, str) else output
        with self.core.lock:
            machine_side.report_script(self.core, self._machine(system_id), name, exit_status, said)

    def finish_commissioning(self, system_id: str, hardware: Hardware) -> MachineStatus:
        with self.core.lock:
            return machine_side.finish_commissioning(self.core, self._machine(system_id), hardware)

    def finish_erasing(self, system_id: str) -> None:
        with self.core.lock:
            machine_side.finish_erasing(self.core, self._machine(system_id))

    def rescue_booted(self, system_id: str, *, ok: bool = True) -> None:
        """The machine tells that it has booted the rescue system, or that it could not."""
        with self.core.lock:
            rescue.entered(self.core, self._machine(system_id), ok=ok)

    def user_data(self, system_id: str) -> bytes:
        """Byte for byte what deploy was given. The installed system's first fetch marks the machine Deployed."""
        with self.core.lock:
            return machine_side.user_data(self.core, self._machine(system_id))

    def vendor_data(self, system_id: str) -> bytes:
        with self.core.lock:
            return machine_side.vendor_data(self._machine(system_id))

    def power_changed(self, system_id: str, *, on: bool) -> None:
        """What MAAS's power poll finds when somebody else pressed the button. Leaves no event."""
        with self.core.lock:
            machine = self._machine(system_id)
            machine.power_state = "on" if on else "off"
            self.core.changed(machine)

    def _machine(self, system_id: str) -> Machine:
        return self.core.machines[system_id]


def _bmc(hostname: str) -> dict[str, str]:
    return {"power_address": f"bmc-{hostname}.lab", "power_user": "maas", "power_pass": secrets.token_urlsafe(9)}
