"""Due jobs on their way to a worker, over a real Redis: unsent, lost, kept by somebody dead, and no Redis at all."""

from collections.abc import Iterator

import pytest
from celery import Celery

from gough.domain.errors import Unavailable
from gough.domain.machine_options import WITHOUT_TESTS
from gough.domain.priorities import Priority
from gough.jobs.celery_queue import Sender, ping, queue
from gough.jobs.dispatcher import SEND_AGAIN, dispatch_due
from gough.jobs.routing import QUEUES
from gough.persistence.models import Job
from gough.services import lifecycle
from gough.services.waking import signal_machine
from gough.services.workflow.advance import advance
from gough.services.workflow.claim import Claim, claim_due
from gough.services.workflow.queues import ANSIBLE, DEFAULT
from tests.integration.jobs.test_claims import LEASE
from tests.support import redis_server
from tests.support.clock import Clock
from tests.support.redis_server import RedisServer
from tests.support.require import need
from tests.support.site import Site

# What is decided here does not depend on the database, nor on who moves the jobs: nobody does, unless a test says so.
pytestmark = [
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
    pytest.mark.parametrize("site", ["threads"], indirect=True),
]


@pytest.fixture
def broker() -> Iterator[RedisServer]:
    """One that no worker listens to, and that a test may kill."""
    need(redis_server.available(), "Redis", redis_server.INSTALL)
    with redis_server.running() as server:
        yield server


@pytest.fixture
def send(broker: RedisServer) -> Iterator[Sender]:
    made = Sender(broker.url)
    yield made
    made.close()


@pytest.fixture
def reader(broker: RedisServer) -> Iterator[Celery]:
    made = queue(broker.url)
    yield made
    made.close()


def asked(site: Site, hostname: str = "web-1", priority: Priority = Priority.NORMAL) -> Job:
    return lifecycle.commission(site.use, site.ready(hostname), WITHOUT_TESTS, by="op", priority=priority)


def waiting(reader: Celery, *names: str) -> list[str]:
    """The ids of the jobs that a worker of these queues would be given, in that order; they are taken out."""
    found = []
    with reader.connection_for_read() as connection:
        for name in names or QUEUES:
            with connection.SimpleQueue(name) as box:
                while (message := box.queue.get()) is not None:
                    found.append(message.payload[0][0])
                    message.ack()
    return found


def taken(site: Site, job: Job) -> Claim:
    claim = claim_due(site.database, owner="worker", lease=LEASE, job_id=job.id)
    assert claim is not None
    return claim


def test_a_due_job_is_sent_once_and_again_only_when_nothing_came_of_it(
    site: Site, clock: Clock, send: Sender, reader: Celery
) -> None:
    job = asked(site)
    assert [dispatch_due(site.use, send), dispatch_due(site.use, send)] == [1, 0]
    assert waiting(reader) == [job.id]
    clock.now += SEND_AGAIN
    assert dispatch_due(site.use, send) == 1 and waiting(reader) == [job.id]


def test_what_an_emptied_redis_has_lost_is_sent_again(
    site: Site, clock: Clock, broker: RedisServer, send: Sender, reader: Celery
) -> None:
    job = asked(site)
    dispatch_due(site.use, send)
    broker.empty()
    assert waiting(reader) == [] and dispatch_due(site.use, send) == 0
    clock.now += SEND_AGAIN
    assert dispatch_due(site.use, send) == 1 and waiting(reader) == [job.id]


def test_a_job_whose_worker_died_is_sent_as_soon_as_its_lease_has_ended(
    site: Site, clock: Clock, send: Sender, reader: Celery
) -> None:
    job = asked(site)
    dispatch_due(site.use, send)
    taken(site, job)
    clock.now += LEASE / 2
    assert dispatch_due(site.use, send) == 0, "somebody is at it"
    clock.now += LEASE / 2
    assert dispatch_due(site.use, send) == 1 and waiting(reader) == [job.id, job.id]


def test_a_job_that_rests_has_used_its_message_up_and_is_sent_when_it_is_due_in_the_same_moment(
    site: Site, clock: Clock, send: Sender
) -> None:
    job = asked(site)
    dispatch_due(site.use, send)
    advance(site.use, taken(site, job))
    assert dispatch_due(site.use, send) == 0, "it sleeps"
    with site.database.write() as session:
        signal_machine(session, job.machine_id, now=clock.now)
    assert dispatch_due(site.use, send) == 1


def test_a_job_that_was_moved_while_others_were_being_sent_is_not_marked(site: Site, clock: Clock) -> None:
    job = asked(site)
    assert dispatch_due(site.use, lambda due: advance(site.use, taken(site, job))) == 1
    assert site.job(job.id).dispatched_at is None and site.next_wake(job.id) > clock.now


def test_without_redis_nothing_is_marked_as_sent_and_all_goes_on_when_it_is_back(
    site: Site, broker: RedisServer, send: Sender, reader: Celery
) -> None:
    jobs = [asked(site, "web-1"), asked(site, "web-2")]
    ping(broker.url)
    broker.kill()
    for ask in (lambda: dispatch_due(site.use, send), lambda: ping(broker.url)):
        with pytest.raises(Unavailable, match="Redis: ") as error:
            ask()
        assert "REDIS_URL" in error.value.hint
    assert [site.job(job.id).dispatched_at for job in jobs] == [None, None]
    broker.start()
    assert dispatch_due(site.use, send) == 2
    assert sorted(waiting(reader)) == sorted(job.id for job in jobs)


def test_redis_gives_a_worker_the_urgent_ones_first_whenever_they_were_sent(
    site: Site, send: Sender, reader: Celery
) -> None:
    words = (Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.URGENT)
    jobs = []
    for word in words:
        jobs.append(asked(site, word.value, word))
        assert dispatch_due(site.use, send) == 1
    assert waiting(reader) == [job.id for job in reversed(jobs)]


def test_a_job_goes_into_the_queue_that_it_waits_in(site: Site, send: Sender, reader: Celery) -> None:
    plays, other = asked(site), lifecycle.test(site.use, site.ready("web-2"), by="op")
    with site.database.write() as session:
        session.get_one(Job, plays.id).queue = ANSIBLE
    assert dispatch_due(site.use, send) == 2
    assert waiting(reader, DEFAULT) == [other.id]
    assert waiting(reader, ANSIBLE) == [plays.id]
