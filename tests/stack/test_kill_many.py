"""Two hundred deployments over Celery, Redis and PostgreSQL, while any of the parts is killed, a hundred times."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from gough.domain.errors import Unavailable
from gough.lab.operator import Operator
from gough.persistence.models import Agent, Job, JobStep, Machine
from tests.stack.parts import Stack, running
from tests.stack.watching import Standings, until

MACHINES = int(os.environ.get("GOUGH_KILL_MACHINES", "200"))
KILLS = int(os.environ.get("GOUGH_KILLS", "100"))
PATIENCE = 900.0  # seconds, at the end; above the longest deadline of parts.DEADLINES
STAGES = 11  # that a machine goes through: commissioning's three and a deployment's eight


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with running(MACHINES, tmp_path) as stack:
        yield stack


@pytest.mark.kill
@pytest.mark.postgres
@pytest.mark.timeout(1700)
def test_deployments_survive_the_death_of_any_part_at_any_time(stack: Stack) -> None:
    operator = Operator(stack.use, "docker-host", a_round=5)
    told = Standings(operator, stack.hall, stack.folder)
    died = Counter[str]()
    random = Random(seed := os.environ.get("GOUGH_KILL_SEED") or os.urandom(4).hex())
    print(f"GOUGH_KILL_SEED={seed}")
    stack.hall.power_up()

    def ended(stages: int) -> bool:
        stack.keep_up()
        try:
            operator.work()
            with stack.use.database.read() as session:
                done = select(func.count()).select_from(JobStep).where(JobStep.outcome.is_not(None))
                return (session.scalar(done) or 0) >= stages
        except Unavailable:
            return False

    for number in range(KILLS):
        # Evenly over the work, not over time: each death finds something going on, on any computer.
        so_far = number * MACHINES * STAGES // KILLS
        until(partial(ended, so_far), f"{so_far} stages have ended, after {dict(died)}", told)
        part = random.choice(list(stack.kills))
        stack.kills[part]()
        died[part] += 1
    # A machine may rightly fail: one whose last words met a dead server is told overdue, after its ten minutes.
    until(lambda: _all_asked(stack) and not _loose_ends(stack), f"all has ended, after {dict(died)}", told, PATIENCE)

    print(f"died: {dict(died)}")
    failed = {each.hostname: each.diagnosis for each in operator.standings() if each.failed}
    print(f"rightly failed: {failed}")
    assert len(failed) <= MACHINES // 50
    assert all(found and found["cause"] != "unknown" for found in failed.values())
    assert stack.hall.deploys() == {machine.hostname: 1 for machine in stack.hall.machines}
    lost = {_own_agent(stack, machine.hostname) for machine in stack.hall.machines} - {""} - _known_agents(stack)
    assert lost == set()


def _all_asked(stack: Stack) -> bool:
    """Whether every machine has a deployment."""
    try:
        with stack.use.database.read() as session:
            return (
                session.scalar(select(func.count(Job.machine_id.distinct())).where(Job.kind == "deployment"))
                == MACHINES
            )
    except Unavailable:
        return False


def _loose_ends(stack: Stack) -> list[tuple[str, ...]]:
    """Jobs that have not ended, or are held by somebody although they have; machines that were left behind."""
    stack.keep_up()
    with stack.use.database.read() as session:
        jobs = session.execute(select(Job.id, Job.kind, Job.state).where(Job.state.not_in(("done", "failed")))).all()
        held = session.execute(select(Job.id, Job.kind, Job.lease_owner).where(Job.lease_owner.is_not(None))).all()
        left = select(Machine.hostname, Machine.service, Machine.reason)
        left = left.where(Machine.service.not_in(("in_service", "attention")))
        return [tuple(map(str, row)) for row in (*jobs, *held, *session.execute(left))]


def _known_agents(stack: Stack) -> set[str]:
    with stack.use.database.read() as session:
        return set(session.scalars(select(Agent.id)))


def _own_agent(stack: Stack, hostname: str) -> str:
    """What the machine was told it is called, a row that Gough has acknowledged; empty where it has no agent."""
    state = stack.folder.parent / "machines" / hostname / "root/var/lib/gough-agent/agent.json"
    return str(json.loads(state.read_text())["agent_id"]) if state.is_file() else ""
