"""Everything at once: workers, the follower of MAAS and heartbeats do not get in each other's way."""

import dataclasses
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event

import pytest
from sqlalchemy import select, text

from gough.domain.machine_status import MachineStatus
from gough.domain.machines import MachineRecord
from gough.persistence.models import Machine, Region
from gough.services import lifecycle, observing
from gough.services.waking import signal_machine
from gough.services.workflow.advance import advance
from gough.services.workflow.claim import Claim, claim_due
from tests.contract.harness import eventually
from tests.support.clock import Clock
from tests.support.site import Site


def test_a_worker_and_the_follower_of_maas_meet_at_one_machine_without_a_deadlock(site: Site, clock: Clock) -> None:
    """The follower has changed the machine and is about to wake its job; the worker has the job and wants the machine.

    On SQLite writers queue, so there the two simply take turns.
    """
    system_id = site.ready()
    job = lifecycle.test(site.use, system_id, by="operator")
    claim = claim_due(site.database, owner="worker", lease=timedelta(seconds=30))
    assert claim is not None
    machine_is_held, worker_has_the_job = Event(), Event()

    def work(mine: Claim) -> None:
        machine_is_held.wait(5)
        advance(site.use, mine)

    def follow() -> None:
        with site.database.write() as session:
            machine = session.get_one(Machine, job.machine_id)
            machine.power_state = "on"
            session.flush()
            machine_is_held.set()
            if not site.database.is_sqlite:
                worker_has_the_job.wait(0.5)
            signal_machine(session, machine.id, now=clock.now)

    with ThreadPoolExecutor(2) as pool:
        for future in (pool.submit(follow), pool.submit(work, claim)):
            future.result()
    assert site.region.status(system_id) is MachineStatus.TESTING
    assert site.job(job.id).state == "running"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_older_answer_of_maas_does_not_undo_a_newer_one_that_is_being_committed(site: Site, clock: Clock) -> None:
    """A list that was asked for before a deploy's answer meets it in the database. (SQLite has one writer.)"""
    older = site.maas.machine(site.ready())
    newer = dataclasses.replace(older, status=MachineStatus.DEPLOYING)
    asked_at = clock.now
    clock.forward(seconds=1)

    def record(answer: MachineRecord, at: datetime, meanwhile: Callable[[], None] = lambda: None) -> None:
        with site.database.write() as session:
            region = session.scalars(select(Region)).one()
            observing.observe(session, region, answer, observed_at=at)
            session.flush()
            meanwhile()

    with ThreadPoolExecutor(1) as pool:
        late: list[Future[None]] = []

        def meets() -> None:
            late.append(pool.submit(record, older, asked_at))
            eventually(lambda: _waits_for_a_lock(site), "the older answer waits for the newer one")

        record(newer, clock.now, meets)
        late[0].result()
    assert site.machine(older.system_id).status == MachineStatus.DEPLOYING


def _waits_for_a_lock(site: Site) -> bool:
    with site.database.read() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
