"""What every part of the region shares: the machines, the log, the lock, and the three ways to change a machine.

Only `move` changes a status, only `tell` writes the log, only `switch` touches the power.
"""

import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial

from gough.domain.machine_status import MachineStatus, may_move
from gough.lab.maas.ask import Ask
from gough.lab.maas.catalogue import Catalogue
from gough.lab.maas.events import EventLog
from gough.lab.maas.machine import Machine
from gough.lab.maas.power import Power, PowerError
from gough.lab.maas.scripts import UNFINISHED, Script, ScriptSet
from gough.lab.maas.worker import Worker

_ID_LETTERS = "abcdefghkmnpqrstwxy345678"  # MAAS's: nothing that looks like something else
BMC_DELAY = 0.4  # seconds a BMC takes, at pace 1
BMC_TROUBLE = "Failed to query node's BMC"


class Core:
    """Hold `lock` while reading or changing anything here; never hold it while waiting for the power."""

    def __init__(self, power: Power, pace: float, clock: Callable[[], float], username: str) -> None:
        self.lock = threading.RLock()
        self.power = power
        self.pace = pace
        self.clock = clock
        self.username = username
        self.machines: dict[str, Machine] = {}
        self.events = EventLog()
        self.calls: Counter[tuple[str, str]] = Counter()
        self.catalogue = Catalogue()
        self.worker = Worker("lab-maas")
        self.listeners: list[Callable[[str], None]] = []  # called with the system_id of a machine that may have changed
        self._numbers = itertools.count(1)
        self._script_ids = itertools.count(1)
        self._link_ids = itertools.count(1)

    @property
    def zones(self) -> set[str]:
        """Their names, which machines are checked against."""
        return self.catalogue.zones.names

    @property
    def pools(self) -> set[str]:
        return self.catalogue.pools.names

    def add(self, machine: Machine) -> Machine:
        """Creation leaves no event in MAAS, so it leaves none here."""
        self.machines[machine.system_id] = machine
        self.changed(machine)
        return machine

    def changed(self, machine: Machine) -> None:
        for listener in self.listeners:
            listener(machine.system_id)

    def next_number(self) -> int:
        return next(self._numbers)

    def next_link_id(self) -> int:
        return next(self._link_ids)

    def new_system_id(self) -> str:
        while (chosen := "".join(random.choices(_ID_LETTERS, k=6))) in self.machines:
            pass
        return chosen

    def tell(self, machine: Machine, kind: str, description: str = "", *, user: str = "") -> None:
        self.events.add(machine, kind, description, user, self.clock())
        self.changed(machine)

    def tell_request(self, machine: Machine, kind: str, ask: Ask) -> None:
        """A person's request, with the comment they gave."""
        self.tell(machine, kind, ask.said, user=ask.name)

    def move(self, machine: Machine, status: MachineStatus, *, suffix: str = "", undo: bool = False) -> None:
        """`undo`: MAAS takes a step back that its table of moves does not have."""
        before = machine.status
        if not undo and not may_move(before, status):
            raise RuntimeError(f"MAAS does not move a machine from {before.label} to {status.label}")
        machine.previous_status, machine.status = before, status
        self.tell(machine, "Node changed status", f"From '{before.label}' to '{status.label}'{suffix}")

    def fail(self, machine: Machine, status: MachineStatus, reason: str) -> None:
        self.tell(machine, "Marking node failed", reason)
        self.move(machine, status)
        for one in machine.script_sets:
            self.end_unfinished(one, "Failed" if one.kind == "Installation" else "Aborted")

    def new_scripts(self, machine: Machine, kind: str, names: Iterable[str]) -> ScriptSet:
        now = self.clock()
        scripts = [Script(next(self._script_ids), name, now, now) for name in names]
        made = ScriptSet(next(self._script_ids), kind, scripts)
        machine.script_sets.append(made)
        return made

    def new_script(self, one: ScriptSet, name: str) -> Script:
        now = self.clock()
        one.scripts.append(Script(next(self._script_ids), name, now, now))
        return one.scripts[-1]

    def end_unfinished(self, one: ScriptSet, status: str) -> None:
        for script in one.scripts:
            if script.status in UNFINISHED:
                script.status, script.updated = status, self.clock()

    def switch(
        self,
        machine: Machine,
        *,
        on: bool,
        user: str = "",
        then: Callable[[], None] = lambda: None,
        otherwise: Callable[[], None] = lambda: None,
    ) -> Future[None]:
        """Power in the background; `then` or `otherwise` runs under the lock, if the status is still the same.

        The future fails with PowerError when the BMC does. A machine of power_type manual is left to its owner.
        """
        if machine.power_type == "manual":
            then()
            done: Future[None] = Future()
            done.set_result(None)
            return done
        user = user or self.username
        act = partial(self._switch_now, machine, machine.status, on=on, user=user, then=then, otherwise=otherwise)
        return self.worker.submit(BMC_DELAY * self.pace, act)

    def _switch_now(
        self,
        machine: Machine,
        status: MachineStatus,
        *,
        on: bool,
        user: str,
        then: Callable[[], None],
        otherwise: Callable[[], None],
    ) -> None:
        with machine.bmc.mine():  # an abort's power-off never overtakes the power-on before it
            with self.lock:
                if not self._still(machine, status):
                    return
                before, machine.power_state = machine.power_state, "on" if on else "off"
                self.changed(machine)
            try:
                self._press(machine.system_id, on=on, cycle=before == "on")
            except PowerError as error:
                with self.lock:
                    machine.power_state = before
                    if self.machines.get(machine.system_id) is machine:
                        self.tell(machine, BMC_TROUBLE, f"({user}) - {error}", user=user)
                    if self._still(machine, status):
                        otherwise()
                raise
            with self.lock:
                if self._still(machine, status):
                    then()

    def _still(self, machine: Machine, status: MachineStatus) -> bool:
        """After a restore the machine of that id is another one, and this one is nobody's any more."""
        return self.machines.get(machine.system_id) is machine and machine.status is status

    def _press(self, system_id: str, *, on: bool, cycle: bool) -> None:
        if not on or cycle:
            self.power.off(system_id)
        if on:
            self.power.on(system_id)

    def revert(self, machine: Machine, to: MachineStatus, user: str) -> None:
        """What MAAS does when it cannot power a machine for the step it has just begun."""
        said = (
            f"({user}) - Aborting {machine.status.name} and reverting to {to.name}. "
            "Unable to power control the node. Please check power credentials."
        )
        self.tell(machine, BMC_TROUBLE, said)
        self.move(machine, to)
        for one in machine.script_sets:
            self.end_unfinished(one, "Aborted")
