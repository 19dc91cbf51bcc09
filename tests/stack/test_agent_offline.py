"""The real agent and the real server, each killed with -9 in the middle: what was measured or kept arrives, once."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Event
from time import monotonic

import pytest
from sqlalchemy import select

from gough.domain.machine_status import MachineStatus
from gough.domain.machines import MachineRecord
from gough.lab.server_process import ServerProcess, free_port
from gough.persistence.database import Database
from gough.persistence.models import Agent, AgentSample, Deployment, Job, Region
from gough.services import observing
from gough_agent.spool import Spool

pytestmark = [pytest.mark.kill, pytest.mark.timeout(180)]
KEY = "a-key-that-was-given-to-the-agent-before"
KEPT = 70  # more than two batches
PATIENCE = 60


def until(holds: Callable[[], bool], what: str) -> None:
    pause, end = Event(), monotonic() + PATIENCE
    while not holds():
        assert monotonic() < end, f"not within {PATIENCE} s: {what}"
        pause.wait(0.1)


class Stage:
    """A server that can be killed, an agent that reports to it every tenth of a second, and what is stored."""

    def __init__(self, database_url: str, folder: Path) -> None:
        port = free_port(0)
        self.database, self.folder = Database(database_url), folder
        self.agent_id = enrolled(self.database)
        settings = {
            "DATABASE_URL": database_url, "SECRET_KEY": "s" * 40, "GOUGH_DATA_DIR": str(folder),
            "GOUGH_PORT": str(port), "GOUGH_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "GOUGH_AGENT_INTERVAL_SECONDS": "0.1",
        }  # fmt: skip
        self.server = ServerProcess(folder, settings)
        self._agent: subprocess.Popen[bytes] | None = None

    def start_agent(self) -> None:
        settings = {
            "MANAGEMENT_SERVER_URL": self.server.url, "SERVER_ID": self.agent_id, "AGENT_API_KEY": KEY,
            "MONITORING_INTERVAL": "0.1", "STATE_DIRECTORY": str(self.folder / "state"), "PATH": os.environ["PATH"],
        }  # fmt: skip
        with (self.folder / "agent.log").open("ab") as log:
            command = [sys.executable, "-m", "gough_agent", "run"]
            self._agent = subprocess.Popen(command, env=settings, stdout=log, stderr=log)

    def kill_agent(self) -> None:
        if self._agent is not None:
            self._agent.kill()
            self._agent.wait()

    def numbers(self) -> list[int]:
        with self.database.read() as session:
            return list(session.scalars(select(AgentSample.sequence).order_by(AgentSample.sequence)))

    @property
    def kept(self) -> int:
        return Spool(self.folder / "state/spool", 10**9).waiting

    def close(self) -> None:
        self.kill_agent()
        self.server.kill()
        self.database.close()


def enrolled(database: Database) -> str:
    """The id of an agent of a machine that was deployed."""
    with database.write() as session:
        now = database.now(session)
        region = Region(name="lab", url="http://127.0.0.1:9/MAAS/", api_key_sealed="", created_at=now)
        session.add(region)
        session.flush()
        record = MachineRecord("abc", "web-1", MachineStatus.DEPLOYED)
        machine = observing.observe(session, region, record, observed_at=now)
        job = Job(kind="deployment", machine=machine, parameters={}, created_by="ada", created_at=now, state="done")
        deployment = Deployment(job=job, machine_id=machine.id, series="noble", variables_sealed="")
        session.add(deployment)
        session.flush()
        hashed = sha256(KEY.encode()).hexdigest()
        agent = Agent(machine_id=machine.id, deployment_id=deployment.id, key_hash=hashed, enrolled_at=now)
        session.add(agent)
        session.flush()
        return agent.id


def _has_more(stage: Stage, before: int) -> bool:
    return len(stage.numbers()) > before + 2


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(database_url, tmp_path)
    made.server.start()
    made.start_agent()
    yield made
    made.close()


def test_a_server_that_dies_while_it_is_told_what_was_kept_loses_none(stage: Stage) -> None:
    until(lambda: len(stage.numbers()) > 5, "the agent reports")
    for _ in range(2):
        stage.server.kill()
        before = len(stage.numbers())
        until(lambda: stage.kept > KEPT, "heartbeats are kept")
        stage.server.start()
        until(partial(_has_more, stage, before), "some of them arrive")
    stage.server.kill()
    stage.server.start()
    until(lambda: stage.kept == 0, "all of them arrive")
    stage.kill_agent()
    found = stage.numbers()
    assert found == list(range(1, len(found) + 1)) and len(found) > 2 * KEPT


def test_an_agent_that_dies_with_heartbeats_kept_brings_every_one_of_them(stage: Stage) -> None:
    until(lambda: len(stage.numbers()) > 5, "the agent reports")
    stage.server.kill()
    last = stage.numbers()[-1]
    until(lambda: stage.kept > KEPT, "heartbeats are kept")
    stage.kill_agent()
    kept = stage.kept
    stage.start_agent()
    stage.server.start()
    until(lambda: stage.kept == 0 and len(stage.numbers()) > last + kept, "all of them arrive")
    # One whose answer was lost may be kept although it is stored: then one less is new.
    assert set(range(1, last + kept)) <= set(stage.numbers())
