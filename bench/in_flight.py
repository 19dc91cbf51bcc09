"""A thousand deployments in flight on one server: its memory, its processor time, and how far behind the facts it is.

The region is emulated in this process, the server is a process of its own, PostgreSQL another. Every machine says
something every half minute, as installers do; then they finish, ten a second.
"""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic

import psutil
from sqlalchemy import func, select

from bench import databases
from bench.figure import Effort, Figure
from bench.following import NoPower
from bench.server import cpu_seconds, gough
from gough.bootstrap import AGENT_ARCHIVE, Application
from gough.domain.machine_status import MachineStatus
from gough.lab.maas import BootTarget, Hardware, Region, serve, storage
from gough.lab.maas.linking import first_links
from gough.persistence.models import Deployment, Job, JobStep, Machine
from gough.services import lifecycle, regions, templates
from tests.support import postgres

MACHINES = 1_000
SAYS_EVERY = 30.0  # seconds between two messages of one installing machine
WATCHED, WATCHED_QUICKLY = 60.0, 20.0
FINISH_RATE = 10.0  # machines a second
PATIENCE = 240.0
HARDWARE = Hardware(cpu_count=8, memory_mib=16384)
TEMPLATE = {
    "template.yaml": "name: bench\nseries: noble\n",
    "user-data.yaml": "#cloud-config\nfinal_message: done\n",
}
MEMORY_LIMIT, CORE_LIMIT, LAG_LIMIT = 200.0, 25.0, 2.0


def measure(effort: Effort) -> list[Figure]:
    if not postgres.available():
        return []
    count = MACHINES if not effort.quick else MACHINES // 10
    with ExitStack() as stack:
        url, folder = stack.enter_context(databases.postgresql())
        application = stack.enter_context(databases.wired(url, folder))
        (folder / "agent").mkdir()
        (folder / "agent" / AGENT_ARCHIVE.format(architecture="x86_64")).write_bytes(b"nobody downloads it here")
        region = Region(power=NoPower(), pace=0)
        stack.callback(region.close)
        ids = [_ready(region, number) for number in range(count)]
        server = serve(region)
        stack.callback(server.close)
        regions.add(application.use, "bench", server.url, region.api_key)
        pid, _ = stack.enter_context(gough(folder, url, GOUGH_MAAS_POLL_SECONDS="1"))
        _wait(lambda: _known(application) == count, "the import")
        _import_template(application)
        for system_id in ids:
            lifecycle.deploy(application.use, system_id, lifecycle.Plan("bench"), by="bench")
        _wait(lambda: sum(1 for operation, _ in region.calls if operation == "deploy") == count, "every submission")
        for system_id in ids:
            assert region.pxe_boot(system_id) is BootTarget.INSTALLER
        seconds = WATCHED_QUICKLY if effort.quick else WATCHED
        memory, core = _watch(region, ids, psutil.Process(pid), seconds)
        lag = _finish(application, region, ids)
    note = f"{count:,} deployments in flight, PostgreSQL beside"
    return [
        Figure("server's memory", memory, "MiB", MEMORY_LIMIT, "its limit", note),
        Figure("server's share of a core", core, "%", CORE_LIMIT, "its limit", note),
        Figure("install done in MAAS to stage ended, p95", lag, "s", LAG_LIMIT, "its limit", note),
    ]


def _ready(region: Region, number: int) -> str:
    """A commissioned machine, without the half minute that commissioning takes."""
    mac = f"52:54:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
    system_id = region.enlist(hostname=f"node-{number:04}", mac_addresses=[mac], power_type="manual")
    with region.core.lock:
        machine = region.core.machines[system_id]
        machine.hardware, machine.storage_layout = HARDWARE, storage.DEFAULT
        first_links(region.core, machine)
        for status in (MachineStatus.COMMISSIONING, MachineStatus.READY):
            region.core.move(machine, status)
    return system_id


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


def _watch(region: Region, ids: list[str], process: psutil.Process, seconds: float) -> tuple[float, float]:
    """(MiB resident, percent of a core) while every machine installs and says so."""
    everyone = [process, *process.children(recursive=True)]
    before, began, pause = cpu_seconds(process.pid), monotonic(), Event()
    said, peak = 0, 0.0
    while (elapsed := monotonic() - began) < seconds:
        while said < elapsed * len(ids) / SAYS_EVERY:
            _say(region, ids[said % len(ids)], said)
            said += 1
        peak = max(peak, max(one.memory_info().rss for one in everyone) / 2**20)
        pause.wait(0.05)
    return peak, 100 * (cpu_seconds(process.pid) - before) / (monotonic() - began)


def _say(region: Region, system_id: str, number: int) -> None:
    region.signal(
        system_id, origin="curtin", name=f"cmd-install/stage-extract/{number}", event_type="start",
        description="curtin command extract",
    )  # fmt: skip


def _finish(application: Application, region: Region, ids: list[str]) -> float:
    """Seconds between a machine's fetching its user-data and the end of stage install, 95th percentile."""
    began, pause = monotonic(), Event()
    moments: dict[str, datetime] = {}
    for number, system_id in enumerate(ids):
        pause.wait(max(0.0, began + number / FINISH_RATE - monotonic()))
        region.signal(
            system_id, origin="curtin", name="cmd-install", event_type="finish", description="", result="SUCCESS"
        )
        region.pxe_boot(system_id)
        region.user_data(system_id)
        moments[system_id] = datetime.now(UTC)
    _wait(lambda: len(_ended(application)) == len(ids), "the end of every installation")
    ended = _ended(application)
    return quantiles([(ended[i] - moments[i]).total_seconds() for i in ids], n=20)[-1]


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


def _wait(check: Callable[[], bool], what: str) -> None:
    pause, until = Event(), monotonic() + PATIENCE
    while not check():
        if monotonic() > until:
            raise RuntimeError(f"not within {PATIENCE} s: {what}")
        pause.wait(0.2)
