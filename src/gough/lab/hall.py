"""The machine hall: the emulated region with its virtual machines behind their BMCs."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from gough.lab.ansible import Site
from gough.lab.faults import LATER, Injection
from gough.lab.maas import PowerError, Region, Server, serve
from gough.lab.machine import VirtualMachine
from gough.lab.pace import Pace


class LabMachine(Protocol):
    """Number `number` of the lab, from 1, as its BMC and whoever stands before it know it."""

    number: int
    hostname: str
    system_id: str  # empty until the region knows it

    def enlist(self) -> None:
        """Somebody presses its power button; sooner or later the region knows it."""

    def power_state(self) -> str: ...

    def power_on(self) -> None: ...

    def power_off(self) -> None: ...

    @property
    def is_up(self) -> bool: ...

    def type_in(self, command: str) -> str: ...

    def refused(self) -> tuple[int, str] | None: ...

    def close(self) -> None:
        """Nothing of it stays behind."""


MakeMachine = Callable[[int, Region, Path, tuple[Injection, ...]], LabMachine]
"""(number, its region, its folder, what befalls it)"""


class Hall:
    """Region, its API on a loopback port, and `count` machines that nobody has switched on yet.

    The last `preinstalled` of them are somebody else's to deploy. `make` makes other machines than the virtual ones.
    """

    def __init__(
        self, count: int, pace: Pace, folder: Path, injections: Sequence[Injection] = (), *, preinstalled: int = 0,
        host: str = "127.0.0.1", port: int = 0, osquery_scheme: str = "https", make: MakeMachine | None = None,
        ansible: Site | None = None,
    ) -> None:  # fmt: skip
        self._injections = tuple(injections)
        self._own = count - preinstalled
        self.region = Region(power=self, pace=1 / pace.speed)
        self.region.intercept = self._intercept
        make = make or partial(_virtual, pace, osquery_scheme, ansible)
        self.machines: list[LabMachine] = [
            make(number, self.region, folder / f"node-{number:02}", self._injections_of(number))
            for number in range(1, count + 1)
        ]
        self._by_id: dict[str, LabMachine] = {}
        self._server: Server = serve(self.region, port, host=host)

    @property
    def maas_url(self) -> str:
        return self._server.url

    @property
    def preinstalled(self) -> Sequence[LabMachine]:
        return self.machines[self._own :]

    def power_up(self, machines: Sequence[LabMachine] | None = None) -> None:
        """Somebody walks along the racks and presses every power button, or these: the machines are enlisted."""
        for machine in self.machines if machines is None else machines:
            machine.enlist()

    def on(self, system_id: str) -> None:
        self._machine(system_id).power_on()

    def off(self, system_id: str) -> None:
        self._machine(system_id).power_off()

    def state(self, system_id: str) -> str:
        return self._machine(system_id).power_state()

    def is_up(self, hostname: str) -> bool:
        return self._named(hostname).is_up

    def type_in(self, hostname: str, command: str) -> str:
        return self._named(hostname).type_in(command)

    def deploys(self) -> dict[str, int]:
        """{hostname: how many deploys MAAS accepted for it}."""
        calls = self.region.calls
        return {machine.hostname: calls["deploy", machine.system_id] for machine in self.machines}

    def close(self) -> None:
        for machine in self.machines:
            machine.close()
        self._server.close()
        self.region.close()

    def _machine(self, system_id: str) -> LabMachine:
        """One gets its id when the region hears of it, which may be long after it was switched on."""
        if system_id not in self._by_id:
            self._by_id.update({machine.system_id: machine for machine in self.machines if machine.system_id})
        if system_id not in self._by_id:
            raise PowerError("No BMC answers for this machine.")
        return self._by_id[system_id]

    def _named(self, hostname: str) -> LabMachine:
        return next(machine for machine in self.machines if machine.hostname == hostname)

    def _injections_of(self, number: int) -> tuple[Injection, ...]:
        return tuple(one for one in self._injections if number <= self._own or one.fault.point in LATER)

    def _intercept(self, method: str, path: str, op: str | None) -> tuple[int, str] | None:
        if method != "POST" or op != "deploy":
            return None
        machine = next((one for one in self.machines if one.system_id in path.split("/")), None)
        return machine.refused() if machine else None


def _virtual(
    pace: Pace, osquery_scheme: str, ansible: Site | None, number: int, region: Region, folder: Path,
    injections: tuple[Injection, ...],
) -> VirtualMachine:  # fmt: skip
    return VirtualMachine(number, region, pace, folder, injections, osquery_scheme=osquery_scheme, ansible=ansible)
