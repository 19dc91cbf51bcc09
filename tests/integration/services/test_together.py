"""Everything at once: workers, the follower of MAAS and heartbeats do not get in each other's way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

from gough.domain.machine_status import MachineStatus
from gough.persistence.models import Machine
from gough.services import lifecycle
from gough.services.waking import signal_machine
from gough.services.workflow.advance import advance
from gough.services.workflow.claim import Claim, claim_due
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
