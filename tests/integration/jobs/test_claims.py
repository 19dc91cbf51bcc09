"""Claims: one worker at a time, in database time, and nothing written by one that has lost its turn."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import event

from gough.domain.errors import LeaseLost
from gough.persistence.database import Database
from gough.persistence.models import Job, Machine
from gough.services import lifecycle
from gough.services.waking import signal_machine
from gough.services.workflow.advance import _sleep, advance
from gough.services.workflow.claim import Claim, claim_due, seconds_until_due
from tests.support.clock import Clock
from tests.support.site import Site

LEASE = timedelta(seconds=30)


@pytest.fixture
def job(site: Site) -> Job:
    return lifecycle.test(site.use, site.ready(), by="operator")


def claim(site: Site, owner: str = "first") -> Claim:
    got = claim_due(site.database, owner=owner, lease=LEASE)
    assert got is not None
    return got


def test_of_many_workers_one_gets_the_job(site: Site, job: Job) -> None:
    together = Barrier(6, timeout=5)

    def attempt(name: int) -> Claim | None:
        together.wait()
        return claim_due(site.database, owner=f"worker {name}", lease=LEASE)

    with ThreadPoolExecutor(6) as pool:
        won = [got for got in pool.map(attempt, range(6)) if got is not None]
    assert [got.job_id for got in won] == [job.id]


def test_a_job_that_wants_no_worker_yet_is_not_given(site: Site, clock: Clock, job: Job) -> None:
    with site.database.write() as session:
        session.get_one(Job, job.id).wake_at = clock.now + timedelta(seconds=5)
    assert claim_due(site.database, owner="first", lease=LEASE) is None
    assert seconds_until_due(site.database) == 5
    clock.forward(seconds=5)
    assert claim(site).job_id == job.id


def test_a_lease_keeps_others_out_until_it_ends(site: Site, clock: Clock, job: Job) -> None:
    claim(site)
    clock.forward(seconds=29)
    assert claim_due(site.database, owner="second", lease=LEASE) is None
    assert seconds_until_due(site.database) == 1
    clock.forward(seconds=1)
    assert claim(site, "second").token == 2


def test_a_renewed_lease_lasts_longer(site: Site, clock: Clock, job: Job) -> None:
    first = claim(site)
    clock.forward(seconds=20)
    first.renew()
    clock.forward(seconds=20)
    assert claim_due(site.database, owner="second", lease=LEASE) is None


def test_whoever_has_lost_the_lease_writes_nothing(site: Site, clock: Clock, job: Job) -> None:
    first = claim(site)
    clock.forward(seconds=31)
    second = claim(site, "second")
    with pytest.raises(LeaseLost), first.transaction() as session:
        session.get_one(Job, job.id).created_by = "a ghost"
    with pytest.raises(LeaseLost):
        first.renew()
    assert site.job(job.id).created_by == "operator"
    assert site.job(job.id).lease_owner == "second"
    advance(site.use, first)
    assert site.job(job.id).state == "queued", "a worker without its lease moves nothing"
    advance(site.use, second)
    assert site.job(job.id).state == "running"


def test_a_slow_worker_whose_lease_was_taken_over_during_its_action_commits_nothing(
    site: Site, clock: Clock, job: Job
) -> None:
    taken: list[Claim] = []

    def slow(method: str, path: str, op: str | None) -> None:
        if op == "test":
            clock.forward(seconds=31)
            taken.append(claim(site, "second"))

    site.region.intercept = slow
    assert site.work() == 1
    found = site.job(job.id)
    assert (found.lease_owner, found.submitted_at) == ("second", None)
    site.region.intercept = None
    advance(site.use, taken[0])
    assert site.job(job.id).submitted_at is not None
    assert sum(n for (op, _), n in site.region.calls.items() if op == "test") == 1, "what MAAS shows is not repeated"


def test_a_job_put_to_sleep_is_free_at_once_and_no_late_renewal_takes_it_back(site: Site, job: Job) -> None:
    first = claim(site)
    advance(site.use, first)
    with pytest.raises(LeaseLost):
        first.renew()
    with site.database.write() as session:
        signal_machine(session, job.machine_id, now=site.clock.now)
    assert claim(site, "second").token == 2


def test_the_lease_is_counted_in_the_databases_own_time(database_url: str, tmp_path: Path) -> None:
    """MAAS, the client and everything else live in another year here."""
    database = Database(database_url)
    made = Site(database, Clock())
    try:
        made.prepare(tmp_path / "library")
        job = lifecycle.test(made.use, made.ready(), by="operator")
        claim(made)
        with database.read() as session:
            left = (session.get_one(Job, job.id).lease_until or made.clock.now) - database.now(session)
        assert timedelta(seconds=20) < left <= LEASE
    finally:
        made.close()
        database.close()


def test_a_signal_between_deciding_and_sleeping_is_not_lost(site: Site, clock: Clock, job: Job) -> None:
    """Somebody signals while the transaction that decides is open, after it has read the facts."""
    site.work()
    assert site.next_wake(job.id) > clock.now, "it sleeps until its deadline"
    asked: list[Thread] = []

    def signal() -> None:
        with site.database.write() as session:
            signal_machine(session, job.machine_id, now=clock.now)

    def during(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "FROM job_steps" in statement and not asked:
            asked.append(Thread(target=signal))
            asked[0].start()

    with site.database.write() as session:
        session.get_one(Job, job.id).wake_at = clock.now
    mine = claim(site)
    url = site.database.engine.url.render_as_string(hide_password=False)
    hooked = Database(url, clock=lambda _: clock.now)
    event.listen(hooked.engine, "after_cursor_execute", during)
    advance(site.made_with(hooked), Claim(hooked, mine.job_id, mine.token, mine.lease))
    asked[0].join(10)
    assert site.next_wake(job.id) == clock.now
    hooked.close()


def test_a_signal_in_the_deciding_transaction_itself_is_not_lost(site: Site, clock: Clock, job: Job) -> None:
    later = clock.now + timedelta(hours=1)
    with site.database.write() as session:
        found = session.get_one(Job, job.id)
        seen = found.signals
        signal_machine(session, found.machine_id, now=clock.now)
        _sleep(session, found, until=later, seen=seen, now=clock.now)
    assert site.next_wake(job.id) == clock.now


def test_a_newer_job_silences_the_older_ones_of_its_machine(site: Site, clock: Clock, job: Job) -> None:
    with site.database.write() as session:
        session.get_one(Job, job.id).state = "failed"
        machine = session.get_one(Machine, job.machine_id)
    newer = lifecycle.test(site.use, machine.system_id, by="operator")
    with site.database.write() as session:
        signal_machine(session, job.machine_id, now=clock.now)
    assert site.job(job.id).superseded and site.job(job.id).wake_at is None
    assert claim(site).job_id == newer.id
