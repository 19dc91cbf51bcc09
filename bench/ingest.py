"""Heartbeats as agents send them, each answered after its commit, against the barest route on the same server.

Generator, server and database share this computer. PostgreSQL runs as it does in production here: with fsync.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, insert, select

from bench import seeding, server
from bench.figure import Effort, Figure
from gough.persistence import schema
from gough.persistence.database import Database
from gough.persistence.models import Agent, AgentSample, Deployment, Job
from gough_agent.clock import timestamp
from gough_agent.heartbeat import observe
from gough_agent.survey import Survey
from tests.support import postgres

AGENTS, ROUNDS, CONNECTIONS = 1000, 15, 64
PROCESSES = {"SQLite": 1, "PostgreSQL": 2}  # that answer requests
LEAST = {"SQLite": None, "PostgreSQL": 1500.0}  # heartbeats a second
PATH = "/api/v1/agents/{agent}/heartbeat"
DURABLE = ("fsync=on", "synchronous_commit=on", "max_connections=200", "lc_messages=C")
BARE = "an answer of plain WSGI on granian to the same requests"


@dataclass(frozen=True, slots=True)
class Run:
    per_second: float
    server_cpu: float  # microseconds, a heartbeat
    client_cpu: float
    milliseconds: tuple[float, float]  # median, and of 99 in 100


def measure(effort: Effort) -> list[Figure]:
    body = _body()
    bare = _bare(body, effort)
    figures = [Figure("heartbeats, bytes", _packed_size(body), "B", note="as the agent sends it, compressed")]
    for kind, made in (("SQLite", _sqlite), ("PostgreSQL", _postgresql)):
        if kind == "PostgreSQL" and not postgres.available():
            continue
        with made() as (url, folder):
            found = _durable(url, folder, body, effort, processes=PROCESSES[kind])
        half, most = found.milliseconds
        share = f"half within {half:.0f} ms, 99 % within {most:.0f} ms"
        note = f"{CONNECTIONS} connections, {PROCESSES[kind]} serving; {share}"
        figures += [
            Figure(
                f"heartbeats, {kind}",
                found.per_second,
                "heartbeats/s",
                bare.per_second,
                BARE,
                note,
                limit=LEAST[kind],
            ),
            Figure(f"heartbeat, {kind}", found.server_cpu, "µs CPU", bare.server_cpu, BARE, "of the server, each"),
        ]
    return figures


def _body() -> bytes:
    """A heartbeat of this computer's own."""
    import time  # noqa: PLC0415

    survey = Survey()
    observe(survey)
    spool = {"waiting": 0, "bytes": 0, "dropped": 0}
    message = {"sequence": 1, "sent_at": timestamp(time.time()), **observe(survey), "spool": spool}
    return json.dumps(message, separators=(",", ":")).encode()


def _packed_size(body: bytes) -> float:
    import zlib  # noqa: PLC0415

    return float(len(zlib.compress(body, 6)))


def _durable(url: str, folder: Path, body: bytes, effort: Effort, *, processes: int) -> Run:
    database = Database(url)
    _seed(database)
    rounds = effort.count(ROUNDS)
    with server.gough(folder, url, GOUGH_WEB_PROCESSES=str(processes)) as (pid, port):
        _send(port, 1, 1, body, partial(server.cpu_seconds, pid))  # each agent's first: it comes online
        runs = [
            _send(port, rounds, 2 + turn * rounds, body, partial(server.cpu_seconds, pid))
            for turn in range(effort.rounds // 2)
        ]
    with database.read() as session:
        stored = session.scalar(select(func.count()).select_from(AgentSample))
    database.close()
    assert stored == AGENTS * (1 + len(runs) * rounds), f"{stored} heartbeats are stored"
    return sorted(runs, key=lambda run: run.per_second)[len(runs) // 2]


def _bare(body: bytes, effort: Effort) -> Run:
    with TemporaryDirectory(prefix="gough-bench-") as name:
        port = server.free_port()
        command = (sys.executable, "-m", "bench.ingest_bare", str(port))
        with server.running(command, port, Path(name), {}) as pid:
            _send(port, 1, 1, body, partial(server.cpu_seconds, pid))
            return _send(port, effort.count(ROUNDS), 2, body, partial(server.cpu_seconds, pid))


def _send(port: int, rounds: int, first: int, body: bytes, cpu_seconds: Callable[[], float]) -> Run:
    given = [str(part) for part in (port, CONNECTIONS, AGENTS, rounds, first)]
    command = [sys.executable, "-m", "bench.ingest_client", *given, PATH]
    with Popen(command, stdin=PIPE, stdout=PIPE, text=True) as client:
        assert client.stdin and client.stdout
        client.stdin.write(body.decode() + "\n")
        client.stdin.flush()
        assert client.stdout.readline() == "ready\n"
        before = cpu_seconds()
        client.stdin.write("\n")
        client.stdin.flush()
        said: dict[str, Any] = json.loads(client.stdout.readline())
        used = cpu_seconds() - before
    count = AGENTS * rounds
    assert said["statuses"] == {"200": count}, said["statuses"]
    half, most = said["milliseconds"]
    return Run(count / said["seconds"], 1e6 * used / count, 1e6 * said["cpu"] / count, (half, most))


def _seed(database: Database) -> None:
    """As many machines, each with an agent that has not been heard yet."""
    schema.upgrade(database)
    seeding.machines(database, AGENTS)
    at, machines = seeding.MOMENT, [f"mac_{number:020}" for number in range(AGENTS)]
    numbered = list(enumerate(machines))
    jobs = [
        {"id": f"job_{n}", "kind": "deployment", "machine_id": machine, "parameters": {}, "created_by": "bench",
         "created_at": at, "state": "done", "finished_at": at}
        for n, machine in numbered
    ]  # fmt: skip
    deployments = [
        {"id": f"dep_{n}", "job_id": f"job_{n}", "machine_id": machine, "series": "noble", "variables_sealed": ""}
        for n, machine in numbered
    ]
    agents = [
        {"id": f"agt_{n:06}", "machine_id": machine, "deployment_id": f"dep_{n}", "enrolled_at": at,
         "key_hash": sha256(f"key-{n}".encode()).hexdigest()}
        for n, machine in numbered
    ]  # fmt: skip
    with database.write() as session:
        for table, rows in ((Job, jobs), (Deployment, deployments), (Agent, agents)):
            session.execute(insert(table), rows)


@contextmanager
def _sqlite() -> Iterator[tuple[str, Path]]:
    with TemporaryDirectory(prefix="gough-bench-") as name:
        yield f"sqlite:///{name}/gough.db", Path(name)


@contextmanager
def _postgresql() -> Iterator[tuple[str, Path]]:
    with TemporaryDirectory(prefix="gough-bench-") as name, postgres.running_process(DURABLE) as process:
        yield postgres.Postgres(process.url).new_database(migrated=False), Path(name)
