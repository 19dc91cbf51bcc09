"""`gough lab`: machine hall, real server, operator; until everything has arrived, or until it is interrupted."""

import logging
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import orjson
import structlog

from gough.adapters.maas import connect
from gough.bootstrap import FIRST_FLEET, FIRST_REGION, wire
from gough.config import read_settings
from gough.domain.errors import Invalid
from gough.lab import ansible
from gough.lab.faults import Injection, Point
from gough.lab.fleet import LabFleet
from gough.lab.hall import Hall
from gough.lab.maas.serving import Serving
from gough.lab.neighbour import NAME, Neighbour
from gough.lab.operator import Operator, Standing
from gough.lab.outages import Deeds, Outages, lock_sqlite
from gough.lab.pace import Pace
from gough.lab.qemu import faults
from gough.lab.qemu import rack as qemu
from gough.lab.qemu.rack import QemuRack
from gough.lab.screen import Screen
from gough.lab.server_process import ServerProcess, build_agent, environment, free_port, write_environment
from gough.services import people, regions, templates
from gough.services.context import Use
from gough.services.fleet_hosts.pack import import_pack
from gough.services.regions import FeedAccount

ROUND_SECONDS = 0.4
ADMIN = "admin"
MARKER = ".gough-lab"  # only a folder with this file in it is ever emptied


class Hardware(StrEnum):
    """What the lab's machines are."""

    VIRTUAL = "virtual"
    QEMU = "qemu"


@dataclass(frozen=True, slots=True)
class Options:
    machines: int
    preinstalled: int
    speed: float
    template: str
    feed: bool
    injections: tuple[Injection, ...]
    exit_when_done: bool
    port: int
    folder: Path
    as_json: bool
    hardware: Hardware = Hardware.VIRTUAL
    serving: Serving = field(default_factory=Serving)


def run(options: Options) -> int:
    """0 when every machine is in service, 1 when one has failed."""
    started = time.monotonic()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    folder = _fresh(options.folder)
    pace = Pace(options.speed)
    for number in (signal.SIGINT, signal.SIGTERM):  # however it is ended, nothing of it may stay behind
        signal.signal(number, signal.default_int_handler)
    with ExitStack() as stack:
        machines = folder.resolve() / "machines"
        rack = _rack(stack, options)
        site = _ansible(folder, options)
        hall = Hall(
            options.machines, pace, machines, options.injections, preinstalled=options.preinstalled, make=rack,
            osquery_scheme="http", ansible=site,
        )  # fmt: skip
        stack.callback(hall.close)
        hall.region.desk.serving = options.serving
        fleet = _fleet(stack, options)
        screen = stack.enter_context(Screen())
        screen.say("Starting the server ...")
        if site is None and options.hardware is Hardware.VIRTUAL:
            screen.say(f"No machine is configured by Ansible: {ansible.missing()} is missing.")
        use, server = _start(stack, hall, fleet, folder, options, pace, site.settings() if site else {})
        password = _administrator(use)
        screen.say(_welcome(server.url, password, folder))
        hall.power_up()
        neighbour = _neighbour(stack, hall)
        outages = Outages(options.injections, hall, _deeds(use, server, fleet))
        operator = Operator(use, options.template, frozenset(m.hostname for m in hall.preinstalled), hall)
        try:
            standings = _watch(operator, neighbour, outages, screen, options)
        except KeyboardInterrupt:
            standings = operator.standings()
        result = summary(standings, options.machines, time.monotonic() - started)
        if options.as_json:
            sys.stdout.write(orjson.dumps(result).decode() + "\n")
            sys.stdout.flush()
    return 0 if result["in_service"] == options.machines else 1


def _start(
    stack: ExitStack, hall: Hall, fleet: LabFleet | None, folder: Path, options: Options, pace: Pace,
    more: Mapping[str, str],
) -> tuple[Use, ServerProcess]:  # fmt: skip
    port = free_port(options.port)
    settings = environment(
        folder, port=port, maas_url=hall.maas_url, maas_key=hall.region.api_key, pace=pace,
        fleet=(fleet.url, fleet.token) if fleet else None, more=more,
    )  # fmt: skip
    if options.hardware is Hardware.QEMU:
        settings |= qemu.settings(port, folder / "machines")
    write_environment(folder, settings)
    build_agent(folder)
    server = ServerProcess(folder, settings)
    stack.callback(server.stop)
    server.start()
    use = wire(read_settings(settings)).use
    stack.callback(use.database.close)
    with use.database.read() as session:
        templates.find_version(session, options.template)  # a wrong name is said before anything happens
    if fleet is not None:
        import_pack(use, FIRST_FLEET)
    if options.feed:
        regions.change(use, FIRST_REGION, feed=FeedAccount(hall.region.username, hall.region.password))
    return use, server


def _rack(stack: ExitStack, options: Options) -> QemuRack | None:
    """Raises Invalid for what cannot befall hardware, and Unavailable where there is none."""
    if options.hardware is Hardware.VIRTUAL:
        return None
    if options.preinstalled:
        raise Invalid("Nobody else deploys real machines.", hint="Leave --preinstalled out.")
    faults.check(options.injections)
    rack = QemuRack()
    stack.callback(rack.close)
    return rack


def _ansible(folder: Path, options: Options) -> ansible.Site | None:
    """Raises Invalid for a fault that could not befall anything."""
    if options.hardware is Hardware.QEMU:
        return None
    if not (lacks := ansible.missing()):
        return ansible.Site(folder / "ansible")
    if struck := [one.fault.name for one in options.injections if one.fault.point in (Point.SSH, Point.PLAYBOOK)]:
        raise Invalid(f"'{struck[0]}' strikes what Ansible does, and it is not here.", hint=f"Install {lacks}.")
    return None


def _fleet(stack: ExitStack, options: Options) -> LabFleet | None:
    """Virtual machines have an osquery of the lab's own; the image of real ones has none, and its apt no sources."""
    if options.hardware is Hardware.QEMU:
        return None
    fleet = LabFleet()
    stack.callback(fleet.close)
    return fleet


def _deeds(use: Use, server: ServerProcess, fleet: LabFleet | None) -> Deeds:
    """What can fail of the lab's Gough: it runs without Redis."""

    def kill() -> None:
        server.kill()
        server.start()

    deeds: dict[str, Callable[[], None]] = {
        "worker": kill,
        "database": partial(lock_sqlite, use.database.engine.url.database or ""),
    }
    return deeds | ({"fleet": fleet.close} if fleet else {})


def _neighbour(stack: ExitStack, hall: Hall) -> Neighbour:
    maas = connect(hall.maas_url, hall.region.add_user(NAME, admin=True))
    stack.callback(maas.close)
    return Neighbour(maas, [machine.system_id for machine in hall.preinstalled])


def _administrator(use: Use) -> str:
    """Spend the one-time set-up secret on an administrator whose password nobody else knows."""
    secret = use.settings.setup_secret
    assert secret is not None
    password = secrets.token_urlsafe(12)
    people.set_up(use, secret.get_secret_value(), ADMIN, password)
    return password


def _welcome(url: str, password: str, folder: Path) -> str:
    return (
        f"\n  Portal    {url}\n  Login     {ADMIN}  /  {password}\n"
        f"  Commands  . {_short(folder)}/env; {_short(Path(sys.argv[0]))} machine list\n"
        f"  Log       {_short(folder)}/serve.log\n"
    )


def _short(path: Path) -> Path:
    """As short as it can be said from here."""
    path = path.absolute()
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _watch(
    operator: Operator, neighbour: Neighbour, outages: Outages, screen: Screen, options: Options
) -> list[Standing]:
    """Until every machine has ended, and longer unless told to exit then."""
    pause, seen, told = Event(), 0, False
    while True:
        neighbour.work()
        operator.work()
        outages.work()
        events = operator.news(seen)
        screen.news(events, operator.hostnames() if events else {})
        seen = events[-1].id if events else seen
        standings = operator.standings()
        screen.table(standings)
        done = len(standings) == options.machines and all(standing.ended for standing in standings)
        if done and options.exit_when_done:
            return standings
        if done and not told:
            told = True
            screen.say(_arrived(standings))
        pause.wait(ROUND_SECONDS)


def _arrived(standings: Sequence[Standing]) -> str:
    served = sum(1 for standing in standings if not standing.failed)
    return f"\n  {served} of {len(standings)} machines are in service. Ctrl-C ends the lab.\n"


def summary(standings: Sequence[Standing], machines: int, seconds: float) -> dict[str, Any]:
    """The lab's last line: counts, and a diagnosis for each machine that failed."""
    failed = [standing for standing in standings if standing.failed]
    return {
        "machines": machines,
        "in_service": sum(1 for standing in standings if standing.ended and not standing.failed),
        "failed": len(failed),
        "seconds": round(seconds, 1),
        "failures": [{"machine": standing.hostname, **(standing.diagnosis or {})} for standing in failed],
    }


def _fresh(folder: Path) -> Path:
    """An empty folder. One that the lab did not make is never emptied."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise Invalid(f"{folder} is not empty and not a lab's.", hint="Give another --folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / MARKER).touch()
    return folder
