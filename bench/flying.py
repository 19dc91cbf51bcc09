"""A busy emulated region: machines that install, say so, come to their end and are followed by others.

The load is a real one: an installation takes eight minutes and leaves some 54 events in MAAS (48 messages of curtin's
and cloud-init's, six of which MAAS also shows to people), so a thousand machines leave about 110 a second; two a second
finish and two begin. Now and then an event's id is missing for good, as a transaction leaves it that MAAS rolled back.
"""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from time import monotonic

from bench.following import NoPower
from gough.bootstrap import Application
from gough.domain.machine_status import MachineStatus
from gough.lab.maas import BootTarget, Hardware, Region, storage
from gough.lab.maas.linking import first_links
from gough.services import lifecycle

INSTALL_SECONDS = 480.0
MESSAGES = 48  # of one installation
SHOWN = {0: "partitioning", 8: "extract", 16: "extract", 24: "extract", 32: "curthooks", 40: "curthooks"}
ROLLED_BACK_EVERY = 45.0  # seconds
HARDWARE = Hardware(cpu_count=8, memory_mib=16384)
CURTIN = "curtin"


def region_of(count: int) -> tuple[Region, list[str]]:
    """A region with so many commissioned machines, by system_id, without the half minute that commissioning takes."""
    region = Region(power=NoPower(), pace=0)
    return region, [_ready(region, number) for number in range(count)]


def _ready(region: Region, number: int) -> str:
    mac = f"52:54:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
    system_id = region.enlist(hostname=f"node-{number:04}", mac_addresses=[mac], power_type="manual")
    with region.core.lock:
        machine = region.core.machines[system_id]
        machine.hardware, machine.storage_layout = HARDWARE, storage.DEFAULT
        first_links(region.core, machine)
        for status in (MachineStatus.COMMISSIONING, MachineStatus.READY):
            region.core.move(machine, status)
    return system_id


@dataclass(slots=True)
class Flight:
    """What is in the air: `installing` in the order they began, `begun` are given to Gough but not yet to MAAS."""

    application: Application
    region: Region
    waiting: deque[str]
    begun: deque[str]
    installing: deque[str]
    said: int = 0

    def begin(self) -> None:
        system_id = self.waiting.popleft()
        lifecycle.deploy(self.application.use, system_id, lifecycle.Plan("bench"), by="bench")
        self.begun.append(system_id)

    def boot(self) -> None:
        """Those that MAAS has been asked to deploy boot the installer."""
        for _ in range(len(self.begun)):
            system_id = self.begun.popleft()
            deploying = self.region.core.machines[system_id].status is MachineStatus.DEPLOYING
            if deploying:
                assert self.region.pxe_boot(system_id) is BootTarget.INSTALLER
            (self.installing if deploying else self.begun).append(system_id)

    def say(self) -> None:
        """One message, of the machines in turn."""
        count = len(self.installing)
        system_id, number = self.installing[self.said % count], self.said // count % MESSAGES
        stage = f"stage-{SHOWN[number]}" if number in SHOWN else f"stage-late/{number}"
        self.said += 1
        self.region.signal(
            system_id, origin=CURTIN, name=f"cmd-install/{stage}", event_type="start", description="curtin command"
        )

    def finish(self) -> tuple[str, datetime]:
        """The one that has installed for longest comes to its end; the moment at which MAAS says so."""
        system_id = self.installing.popleft()
        self.region.signal(
            system_id, origin=CURTIN, name="cmd-install", event_type="finish", description="", result="SUCCESS"
        )
        self.region.pxe_boot(system_id)
        self.region.user_data(system_id)
        return system_id, datetime.now(UTC)

    def roll_back(self) -> None:
        core = self.region.core
        with core.lock:
            ghost = core.machines[self.waiting[-1]]
            kept = core.events.saved()[0]
            core.tell(ghost, "Node changed status", "never committed")
            core.events.restore((kept, core.events.saved()[1]))


def fly(flight: Flight, seconds: float) -> dict[str, datetime]:
    """The steady state for so long: {system_id: when MAAS called it deployed} of those that finished."""
    ended: dict[str, datetime] = {}
    rate, said, rolled_back = len(flight.installing) / INSTALL_SECONDS, flight.said, 0
    began, pause = monotonic(), Event()
    while (elapsed := monotonic() - began) < seconds:
        flight.boot()
        while flight.said - said < elapsed * rate * MESSAGES:
            flight.say()
        while len(ended) < elapsed * rate:
            flight.begin()
            system_id, moment = flight.finish()
            ended[system_id] = moment
        if elapsed > rolled_back * ROLLED_BACK_EVERY:
            flight.roll_back()
            rolled_back += 1
        pause.wait(0.02)
    return ended
