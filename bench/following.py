"""Following a region of 1,100 machines that answers as slowly as a real one: import, lag, and what it costs it.

With GOUGH_LIVE_MAAS_URL and GOUGH_LIVE_MAAS_KEY also the import of that real region, which is only read.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import quantiles
from time import monotonic, perf_counter
from typing import Protocol

import httpx
from sqlalchemy import select

from bench import databases
from bench.figure import Effort, Figure
from gough.adapters.maas import connect
from gough.adapters.maas.oauth import OAuthPlaintext
from gough.bootstrap import Application
from gough.domain.machine_status import MachineStatus
from gough.lab.maas import Region, serve
from gough.lab.maas.serving import Serving
from gough.persistence.models import Machine
from gough.persistence.models import Region as RegionRow
from gough.services import regions
from gough.services.regions import FeedAccount

MACHINES = 1_100
FIXED, EACH, BYTES = 0.6, 0.039, 40_000  # seconds a request and a machine, bytes a machine: a real 3.4 region's
QUICKER = 10  # with --quick the region answers so many times as fast
POLL = 0.5
SETTINGS = {"GOUGH_MAAS_POLL_SECONDS": str(POLL), "GOUGH_MAAS_ON_LOOPBACK": "true"}  # the emulator is there
PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class NoPower:
    """Machines that exist only as records."""

    def on(self, system_id: str) -> None: ...

    def off(self, system_id: str) -> None: ...


class Known(Protocol):
    """What the import of a region is measured with."""

    @property
    def api_key(self) -> str: ...

    def system_ids(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Live:
    """A real region. Nothing here changes anything in it."""

    url: str
    api_key: str

    def system_ids(self) -> Sequence[str]:
        client = connect(self.url, self.api_key)
        try:
            return sorted(client.system_ids())
        finally:
            client.close()


def measure(effort: Effort) -> list[Figure]:
    figures = list(_measured(effort))
    url, key = os.environ.get("GOUGH_LIVE_MAAS_URL"), os.environ.get("GOUGH_LIVE_MAAS_KEY")
    if url and key:
        figures += _of_live(Live(f"{url.rstrip('/')}/", key))
    return figures


def _of_live(live: Live) -> list[Figure]:
    with ExitStack() as stack:
        url, folder = stack.enter_context(databases.sqlite())
        application = stack.enter_context(databases.wired(url, folder, **SETTINGS))
        _follow(application, stack, live.url, live.api_key)
        return list(_import(application, live, "a real region"))


def _follow(application: Application, stack: ExitStack, url: str, api_key: str) -> None:
    regions.add(application.use, "bench", url, api_key)
    application.followers.start()
    stack.callback(application.followers.stop)


def _measured(effort: Effort) -> Iterator[Figure]:
    faster = QUICKER if effort.quick else 1
    note = f"region {faster} times as fast as a real one" if effort.quick else "region as slow as a real one"
    changes = 20 if effort.quick else 60
    with _following(faster) as (application, region):
        yield from _import(application, region, note)
        yield _duty(region, 15.0 if effort.quick else 90.0, note)
        visible = _delays(application, region, changes, _boot)
        yield Figure("a status change is visible, p95", visible, "s", POLL, "the pause between polls", note)
        _open_feed(application, region)
        visible = _delays(application, region, changes, _rename)
        yield Figure(
            "a rename is visible over the feed, p95", visible, "s", (FIXED + EACH) / faster, "reading one machine", note
        )


@contextmanager
def _following(faster: int) -> Iterator[tuple[Application, Region]]:
    serving = Serving(FIXED / faster, EACH / faster, BYTES)
    region = Region(power=NoPower(), pace=0, serving=serving)
    for number in range(MACHINES):
        mac = f"52:54:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
        region.enlist(hostname=f"node-{number:05}", mac_addresses=[mac])
    server = serve(region)
    with ExitStack() as stack:
        stack.callback(region.close)
        stack.callback(server.close)
        url, folder = stack.enter_context(databases.sqlite())
        application = stack.enter_context(databases.wired(url, folder, **SETTINGS))
        _follow(application, stack, server.url, region.api_key)
        yield application, region


def _import(application: Application, region: Known, note: str) -> Iterator[Figure]:
    with application.use.database.read() as session:
        row = regions.find(session, "bench")
    client, slowest, done = application.use.connect(row.url, region.api_key), 0.0, threading.Event()

    def ask() -> None:
        nonlocal slowest
        while not done.wait(0.2):
            begun = perf_counter()
            client.whoami()
            slowest = max(slowest, perf_counter() - begun)

    asking, begun = threading.Thread(target=ask), monotonic()
    asking.start()
    try:
        _until(lambda: _row(application).imported_at is not None)
        took = monotonic() - begun
    finally:
        done.set()
        asking.join()
        client.close()
    ids = region.system_ids()
    bare = _bare_reading(ids, region.api_key, row.url, _row(application).chunk_size)
    yield Figure(f"import of {len(ids):,} machines", took, "s", bare, "the region's own serving time", note)
    yield Figure("whoami meanwhile, slowest", slowest, "s", 2.0, "what nobody should wait longer than", note)


def _bare_reading(ids: Sequence[str], api_key: str, url: str, size: int) -> float:
    """Seconds that the region takes to serve the same machines, in chunks of the same size, to a reader in no hurry."""
    with httpx.Client(base_url=f"{url}api/2.0/", auth=OAuthPlaintext(api_key), timeout=60) as plain:
        begun = monotonic()
        for start in range(0, len(ids), size):
            plain.get("machines/", params={"id": ids[start : start + size]}).raise_for_status()
        return monotonic() - begun


def _duty(region: Region, seconds: float, note: str) -> Figure:
    """The share of the region's time that the reconcile takes while nothing changes."""
    served, begun = region.serving_seconds, monotonic()
    threading.Event().wait(seconds)
    share = (region.serving_seconds - served) / (monotonic() - begun)
    return Figure("the reconcile's share of the region's time", share, "", 0.1, "its limit", note)


def _delays(application: Application, region: Region, count: int, change: Callable[[Region, str], str]) -> float:
    """Seconds until a change can be read from Gough's own database, 95th percentile."""
    delays = []
    for system_id in region.system_ids()[:count]:
        wanted, begun = change(region, system_id), perf_counter()
        _until(lambda wanted=wanted, system_id=system_id: wanted in _seen(application, system_id))  # type: ignore[misc]
        delays.append(perf_counter() - begun)
    return quantiles(delays, n=20)[-1]


def _boot(region: Region, system_id: str) -> str:
    region.core.move(region.core.machines[system_id], MachineStatus.COMMISSIONING)
    return str(int(MachineStatus.COMMISSIONING))


def _rename(region: Region, system_id: str) -> str:
    machine = region.core.machines[system_id]
    with region.core.lock:
        machine.hostname = f"renamed-{machine.number}"
        region.core.changed(machine)
    return machine.hostname


def _open_feed(application: Application, region: Region) -> None:
    regions.change(application.use, "bench", feed=FeedAccount(region.username, region.password))
    _until(lambda: _row(application).feed_state == "live")


def _seen(application: Application, system_id: str) -> tuple[str, str]:
    with application.use.database.read() as session:
        row = session.execute(select(Machine.hostname, Machine.status).where(Machine.system_id == system_id)).one()
    return row[0], str(row[1])


def _row(application: Application) -> RegionRow:
    with application.use.database.read() as session:
        return regions.find(session, "bench")


def _until(check: Callable[[], bool]) -> None:
    pause, until = threading.Event(), monotonic() + PATIENCE
    while not check():
        if monotonic() > until:
            raise RuntimeError(f"not within {PATIENCE} s")
        pause.wait(0.02)
