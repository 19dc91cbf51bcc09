"""A thousand deployments in flight on one server: its memory, its processor time, and how far behind the facts it is.

The region is emulated in this process (what the load is, `bench.flying` says), the server is a process of its own,
PostgreSQL another. First as many begin as end, for a while; then a wave ends, ten machines a second.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic

from sqlalchemy import func, select

from bench import databases
from bench.figure import Effort, Figure
from bench.flying import INSTALL_SECONDS, Flight, fly, region_of
from bench.server import gough
from bench.watching import Watch
from gough.bootstrap import Application
from gough.lab.maas import Region, serve
from gough.persistence.models import Deployment, Job, JobStep, Machine
from gough.services import regions, templates
from tests.support import postgres

MACHINES = 1_000
WATCHED, WATCHED_QUICKLY = 90.0, 20.0
WAVE = 300  # machines of the wave that ends
WAVE_RATE = 10.0  # machines a second
PATIENCE = 240.0
TEMPLATE = {
    "template.yaml": "name: bench\nseries: noble\n",
    "user-data.yaml": "#cloud-config\nfinal_message: done\n",
}
MEMORY_LIMIT, CORE_LIMIT, LAG_LIMIT = 200.0, 25.0, 2.0
POLL = {"GOUGH_MAAS_POLL_SECONDS": "1"}

Start = Callable[[ExitStack, Path, str], dict[str, int]]
"""(stack, folder, database's URL) → {what it is called: process id}; they run until the stack is closed."""


def measure(effort: Effort) -> list[Figure]:
    if not postgres.available():
        return []
    with databases.postgresql() as (url, folder):
        return measured(effort, url, folder, "PostgreSQL beside", serving)


def serving(stack: ExitStack, folder: Path, url: str) -> dict[str, int]:
    return {"server": stack.enter_context(gough(folder, url, **POLL))[0]}


def measured(effort: Effort, url: str, folder: Path, how: str, start: Start) -> list[Figure]:
    count, seconds = (MACHINES // 10, WATCHED_QUICKLY) if effort.quick else (MACHINES, WATCHED)
    others = int(count / INSTALL_SECONDS * seconds) + 2
    with ExitStack() as stack:
        application = stack.enter_context(databases.wired(url, folder, GOUGH_MAAS_ON_LOOPBACK="true"))
        (folder / "agent").mkdir()
        (folder / "agent" / "gough-agent-linux-x86_64.tar.gz").write_bytes(b"nobody downloads it here")
        region, ids = stack.enter_context(_region(application, count + others))
        processes = start(stack, folder, url)
        wait(lambda: _known(application) == len(ids), "the import")
        _import_template(application)
        flight = Flight(application, region, deque(ids), deque(), deque())
        _take_off(flight, count)
        with Watch(processes) as watch:
            ended = fly(flight, seconds)
        steady = _lag(application, ended)
        wave = _lag(application, _wave(flight, min(WAVE, len(flight.installing))))
    note = f"{count:,} deployments in flight, {how}"
    return [
        *watch.figures(MEMORY_LIMIT, CORE_LIMIT, note),
        Figure("install done in MAAS to stage ended, p95", steady, "s", LAG_LIMIT, "its limit", note),
        Figure("the same while a wave ends, p95", wave, "s", LAG_LIMIT, "its limit", note),
    ]


@contextmanager
def _region(application: Application, count: int) -> Iterator[tuple[Region, list[str]]]:
    region, ids = region_of(count)
    server = serve(region)
    try:
        regions.add(application.use, "bench", server.url, region.api_key)
        yield region, ids
    finally:
        server.close()
        region.close()


def _known(application: Application) -> int:
    with application.use.database.read() as session:
        return session.scalar(select(func.count()).select_from(Machine)) or 0


def _import_template(application: Application) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name) / "bench"
        folder.mkdir()
        for file, text in TEMPLATE.items():
            (folder / file).write_text(text)
        templates.import_library(application.use, Path(name), by="bench")


def _take_off(flight: Flight, count: int) -> None:
    for _ in range(count):
        flight.begin()

    def all_install() -> bool:
        flight.boot()
        return not flight.begun

    wait(all_install, "every submission")


def _wave(flight: Flight, count: int) -> dict[str, datetime]:
    began, pause, ended = monotonic(), Event(), {}
    for number in range(count):
        pause.wait(max(0.0, began + number / WAVE_RATE - monotonic()))
        system_id, moment = flight.finish()
        ended[system_id] = moment
    return ended


def _lag(application: Application, finished: dict[str, datetime]) -> float:
    """Seconds between a machine's being deployed in MAAS and the end of stage install, 95th percentile."""
    wait(lambda: finished.keys() <= _ended(application).keys(), "the end of every installation")
    ended = _ended(application)
    return quantiles([(ended[i] - moment).total_seconds() for i, moment in finished.items()], n=20)[-1]


def _ended(application: Application) -> dict[str, datetime]:
    query = (
        select(Machine.system_id, JobStep.finished_at)
        .join(Job, Job.machine_id == Machine.id)
        .join(JobStep, JobStep.job_id == Job.id)
        .join(Deployment, Deployment.job_id == Job.id)
        .where(JobStep.name == "install", JobStep.state == "done")
    )
    with application.use.database.read() as session:
        return {row[0]: row[1] for row in session.execute(query) if row[1] is not None}


def wait(check: Callable[[], bool], what: str) -> None:
    pause, until = Event(), monotonic() + PATIENCE
    while not check():
        if monotonic() > until:
            raise RuntimeError(f"not within {PATIENCE} s: {what}")
        pause.wait(0.2)
