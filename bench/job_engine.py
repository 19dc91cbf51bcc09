"""The job engine: jobs that are due are claimed and moved to their end, nothing outside asked."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import delete, insert, update

from bench import databases, seeding
from bench.figure import Effort, Figure
from bench.raw import Raw
from gough.bootstrap import Application
from gough.domain.machine_status import MachineStatus
from gough.domain.stages import TABLES, JobKind
from gough.persistence.database import Database
from gough.persistence.models import Job, JobLog, JobStep

JOBS = 200
THREADS = (1, 4)  # 4 is what GOUGH_WORKER_THREADS is unless set
KIND = JobKind.RELEASE  # its last stage only waits for MAAS to say Ready, which the machines already are
# What any queue in a database pays for one job: find it, mark it, commit.
CLAIM = (
    "UPDATE jobs SET wake_at = NULL, lease_token = lease_token + 1 WHERE id = "
    "(SELECT id FROM jobs WHERE wake_at IS NOT NULL ORDER BY priority DESC, wake_at LIMIT 1{lock}) RETURNING id"
)


def measure(effort: Effort) -> list[Figure]:
    return [figure for kind, url, folder in databases.each() for figure in _on(kind, url, folder, effort)]


def _on(kind: str, url: str, folder: Path, effort: Effort) -> Iterator[Figure]:
    count = max(100, effort.count(JOBS))
    with databases.wired(url, folder) as application:
        database = application.use.database
        _seed(database, count)
        bare = median(_bare(url, database, count) for _ in range(effort.rounds))
        for threads in THREADS:
            value = median(_moved(application, count, threads) for _ in range(effort.rounds))
            note = f"{threads} thread{'s' if threads > 1 else ''}, {kind}" + (", no fsync" if kind != "SQLite" else "")
            yield Figure("due jobs moved to their end", value, "jobs/s", bare, "bare UPDATE … RETURNING", note)


def _seed(database: Database, count: int) -> None:
    """Releases that MAAS has just finished: the last stage runs and has become true."""
    seeding.machines(database, count, status=int(MachineStatus.READY))
    moment = seeding.MOMENT
    common: dict[str, Any] = {
        "kind": KIND.value, "state": "running", "created_by": "bench", "created_at": moment, "submitted_at": moment,
        "parameters": {},
    }  # fmt: skip
    with database.write() as session:
        jobs = [{"id": f"job_{n:020}", "machine_id": f"mac_{n:020}", **common} for n in range(count)]
        session.execute(insert(Job), jobs)
        steps = [
            {"job_id": f"job_{n:020}", "name": stage.name, "position": place}
            for n in range(count)
            for place, stage in enumerate(TABLES[KIND])
        ]
        session.execute(insert(JobStep), steps)


def _make_due(database: Database) -> None:
    """Every job back at the moment before its last stage ends."""
    first, last = TABLES[KIND][0].name, TABLES[KIND][-1].name
    with database.write() as session:
        now = database.now(session)
        session.execute(delete(JobLog))
        session.execute(update(Job).values(state="running", wake_at=now, lease_until=None, finished_at=None))
        done = {"state": "done", "outcome": "done", "acted": True, "started_at": now}
        session.execute(update(JobStep).where(JobStep.name == first).values(**done))
        running = {"state": "running", "outcome": None, "acted": False, "started_at": now, "finished_at": None}
        session.execute(update(JobStep).where(JobStep.name == last).values(**running))


def _moved(application: Application, count: int, threads: int) -> float:
    """Jobs a second, by the executor that `gough serve` runs."""
    _make_due(application.use.database)
    with ThreadPoolExecutor(threads) as pool:
        begun = perf_counter()
        runs = [pool.submit(application.executor.run_due) for _ in range(threads)]
        moved = sum(run.result() for run in runs)
        seconds = perf_counter() - begun
    if moved < count:
        raise RuntimeError(f"only {moved} of {count} jobs moved")
    return moved / seconds


def _bare(url: str, database: Database, count: int) -> float:
    _make_due(database)
    raw = Raw(url)
    statement = CLAIM.format(lock="" if raw.is_sqlite else " FOR UPDATE SKIP LOCKED")
    begun = perf_counter()
    for _ in range(count):
        raw.rows(statement)
    seconds = perf_counter() - begun
    raw.close()
    return count / seconds
