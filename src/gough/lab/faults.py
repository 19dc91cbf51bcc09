"""Faults to inject by name: one table. Each names the point of a machine's life where it strikes."""

from dataclasses import dataclass
from enum import StrEnum

from gough.domain.errors import Invalid, NotFound


class Point(StrEnum):
    """Where a machine (or its region) can go wrong."""

    POWER_ON = "power-on"
    INSTALL = "install"
    CLOUD_INIT = "cloud-init"
    AGENT_START = "agent-start"
    MAAS_DEPLOY = "maas-deploy"


LATER = frozenset({Point.AGENT_START})  # what can still go wrong with a machine that somebody else installed


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    point: Point
    summary: str


FAULTS = (
    Fault("power-fails", Point.POWER_ON, "the BMC stops answering before the deployment powers the machine on"),
    Fault("install-stuck", Point.INSTALL, "the installer hangs while it writes the image"),
    Fault("cloud-init-error", Point.CLOUD_INIT, "a script of the user-data fails at first boot"),
    Fault("agent-never-enrols", Point.AGENT_START, "the agent is installed but never starts"),
    Fault("maas-503", Point.MAAS_DEPLOY, "MAAS answers every deploy request with 503"),
)


@dataclass(frozen=True, slots=True)
class Injection:
    """`machine` counts from 1; 0 strikes every machine."""

    fault: Fault
    machine: int = 0

    def strikes(self, point: Point, machine: int) -> bool:
        return self.fault.point is point and self.machine in (0, machine)


def parse(text: str, machines: int, preinstalled: int = 0) -> Injection:
    """`install-stuck` strikes every machine, `install-stuck:2` the second. Raises NotFound or Invalid.

    The last `preinstalled` machines are not struck by what happens before their adoption.
    """
    name, _, number = text.partition(":")
    fault = next((fault for fault in FAULTS if fault.name == name), None)
    if fault is None:
        known = ", ".join(fault.name for fault in FAULTS)
        raise NotFound(f"There is no fault '{name}'.", hint=f"Known faults: {known}.")
    if number and not (number.isdecimal() and 1 <= int(number) <= machines):
        raise Invalid(f"'{text}': the machine is a number from 1 to {machines}.")
    if number and int(number) > machines - preinstalled and fault.point not in LATER:
        hint = f"Only the first {machines - preinstalled} machines are deployed by Gough."
        raise Invalid(f"'{text}': machine {number} is preinstalled and never gets to {fault.point}.", hint=hint)
    return Injection(fault, int(number or 0))
