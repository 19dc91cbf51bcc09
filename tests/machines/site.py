"""Gough with machines of hardware: an emulated region, a rack of QEMU's machines, the real server, an operator."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

from gough.bootstrap import wire
from gough.config import read_settings
from gough.domain.errors import GoughError
from gough.lab.faults import parse
from gough.lab.hall import Hall
from gough.lab.operator import Operator, Standing
from gough.lab.pace import Pace
from gough.lab.qemu import rack
from gough.lab.qemu.machine import CONSOLES
from gough.lab.server_process import ServerProcess, build_agent, environment, free_port
from gough.services import machines, timeline
from gough.services.context import Use
from tests.support.require import need

LINES = 25  # of a console


@dataclass
class Site:
    """`use` is the test's own way into the server's database."""

    folder: Path
    hall: Hall
    use: Use
    operator: Operator
    _pause: Event = field(default_factory=Event)

    def bring(self, hostname: str, within: float) -> Standing:
        """It is switched on, and the operator takes it as far as it goes."""
        self.switch_on(hostname)
        return self.ended(hostname, within)

    def switch_on(self, hostname: str) -> None:
        self.hall.power_up([machine for machine in self.hall.machines if machine.hostname == hostname])

    def ended(self, hostname: str, within: float) -> Standing:
        return self.standing(hostname, within, lambda one: one.ended)

    def standing(self, hostname: str, within: float, holds: Callable[[Standing], bool]) -> Standing:
        """Of that machine, as soon as it holds."""
        end = monotonic() + within
        while True:
            self.operator.work()
            found = [one for one in self.operator.standings() if one.hostname == hostname and holds(one)]
            if found:
                return found[0]
            assert monotonic() < end, f"{hostname} is not so far within {within:.0f} s\n{self.told(hostname)}"
            self._pause.wait(0.5)

    def disk(self, hostname: str) -> Path:
        return self.folder / "machines" / hostname / "disk.raw"

    def console(self, hostname: str) -> str:
        return (self.folder / "machines" / CONSOLES / f"{hostname}.log").read_text(errors="replace")

    def told(self, hostname: str) -> str:
        """What is known of a machine: its timeline, and its console's end."""
        try:
            with self.use.database.read() as session:
                events = timeline.history(session, machines.find(session, hostname).id)
            lines = [f"{one.occurred_at:%H:%M:%S} {one.source} {one.kind}: {one.message[:200]}" for one in events]
        except GoughError as error:
            lines = [str(error)]
        return "\n".join([*lines, "--- console", *self.console(hostname).splitlines()[-LINES:]])


@contextmanager
def running(
    folder: Path,
    count: int,
    faults: Sequence[str] = (),
    deadlines: Mapping[str, str] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Iterator[Site]:
    """`faults` as `gough lab` takes them, `values` for the template. Skips where QEMU or the image is missing."""
    try:
        hardware = rack.QemuRack()
    except GoughError as error:
        need(False, str(error), "apt-get install qemu-system-x86 ipxe-qemu; make lab-image")
        raise
    with ExitStack() as exits:
        exits.callback(hardware.close)
        pace = Pace(1)
        hall = Hall(count, pace, folder / "machines", [parse(one, count) for one in faults], make=hardware)
        exits.callback(hall.close)
        port, home = free_port(0), folder / "gough"
        settings = environment(home, port=port, maas_url=hall.maas_url, maas_key=hall.region.api_key, pace=pace)
        settings |= rack.settings(port, folder / "machines", deadlines or {})
        build_agent(home)
        server = ServerProcess(home, settings)
        exits.callback(server.stop)
        server.start()
        application = wire(read_settings(settings))
        exits.callback(application.close)
        yield Site(folder, hall, application.use, Operator(application.use, "base-server", values=values or {}))
