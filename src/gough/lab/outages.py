"""What befalls Gough itself: a process killed, a database or a queue that does not answer. Deployments outlive it."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from threading import Event

from gough.domain.errors import Invalid
from gough.domain.machine_status import MachineStatus
from gough.lab.faults import Injection, Point
from gough.lab.hall import Hall

SECONDS = 5.0  # how long something is gone

Deeds = Mapping[str, Callable[[], None]]
"""By the part that is struck. Each returns when that part is back."""


class Outages:
    """Strikes once for each injection, when a machine that it names is being installed.

    Raises Invalid when a part is to be struck for which there is no deed.
    """

    def __init__(self, injections: Sequence[Injection], hall: Hall, deeds: Deeds) -> None:
        self._todo = [one for one in injections if one.fault.point is Point.GOUGH]
        self._hall, self._deeds = hall, deeds
        for one in self._todo:
            if one.fault.where not in deeds:
                raise Invalid(f"'{one.fault.name}': there is no {one.fault.where} here that could fail.")

    def work(self) -> None:
        """At most one, so that each is an outage of its own."""
        due = next((one for one in self._todo if self._is_due(one)), None)
        if due is not None:
            self._todo.remove(due)
            self._deeds[due.fault.where]()

    def _is_due(self, one: Injection) -> bool:
        machines = [machine for machine in self._hall.machines if one.machine in (0, machine.number)]
        known = set(self._hall.region.system_ids())
        statuses = [self._hall.region.status(m.system_id) for m in machines if m.system_id in known]
        return MachineStatus.DEPLOYING in statuses or MachineStatus.DEPLOYED in statuses


def lock_sqlite(path: str) -> None:
    """The database takes no writes for a while, as behind a stuck backup."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    connection.execute("BEGIN EXCLUSIVE")
    Event().wait(SECONDS)
    connection.execute("ROLLBACK")
    connection.close()
