"""Which of several jobs begins first, whoever moves them."""

import pytest

from gough.domain.errors import Conflict, NotFound
from gough.domain.machine_options import WITHOUT_TESTS
from gough.domain.priorities import Priority
from gough.domain.windows import Window
from gough.jobs.dispatcher import Due, dispatch_due
from gough.persistence.models import Job
from gough.services import jobs, lifecycle, regions, windows
from gough.services.workflow.advance import advance
from gough.services.workflow.claim import claim_due
from tests.integration.jobs.test_claims import LEASE
from tests.support.clock import Clock
from tests.support.site import Site


def asked(site: Site, hostname: str, priority: Priority = Priority.NORMAL) -> Job:
    return lifecycle.commission(site.use, site.ready(hostname), WITHOUT_TESTS, by="op", priority=priority)


def states(site: Site, *found: Job) -> list[str]:
    return [site.job(job.id).state for job in found]


def ends(site: Site, job: Job) -> None:
    jobs.cancel(site.use, job.id, by="op")
    site.settle()


def test_with_one_place_free_the_urgent_job_that_was_asked_for_last_begins_first(site: Site) -> None:
    regions.change(site.use, "lab", max_in_flight=1)
    found = [asked(site, "low", Priority.LOW), asked(site, "normal"), asked(site, "urgent", Priority.URGENT)]
    site.settle()
    assert states(site, *found) == ["queued", "queued", "running"]
    ends(site, found[2])
    assert states(site, *found) == ["queued", "running", "cancelled"]
    ends(site, found[1])
    assert states(site, *found) == ["running", "cancelled", "cancelled"]


def test_whoever_looks_first_leaves_the_last_place_to_a_more_urgent_job(site: Site) -> None:
    """Of two workers the slower may hold the urgent job: its message came later, or its claim."""
    regions.change(site.use, "lab", max_in_flight=2)
    runs = asked(site, "runs")
    site.settle()
    normal, urgent = asked(site, "normal"), asked(site, "urgent", Priority.URGENT)
    taken = claim_due(site.database, owner="slow worker", lease=LEASE, job_id=urgent.id)
    assert taken is not None
    site.work()
    assert states(site, runs, normal, urgent) == ["running", "queued", "queued"]
    machine = site.machine(normal_id(site, normal))
    assert machine.reason == "commission: queued, 1 more urgent jobs begin first in region lab"
    site.clock.forward(seconds=31)  # the slow worker has died
    site.work()
    assert states(site, runs, normal, urgent) == ["running", "queued", "running"]


def normal_id(site: Site, job: Job) -> str:
    with site.database.read() as session:
        return jobs.find(session, job.id).machine.system_id


def test_an_urgent_job_that_waits_for_its_window_holds_nobody_up(site: Site) -> None:
    """The clock begins on Thursday at noon."""
    regions.change(site.use, "lab", max_in_flight=1)
    runs = asked(site, "runs")
    site.settle()
    bound = site.ready("bound")
    windows.add(site.use, Window("weekend", (5,), "06:00", 120), {"pool": ["default"]}, by="ada")
    urgent = lifecycle.commission(site.use, bound, WITHOUT_TESTS, by="op", priority=Priority.URGENT)
    normal = asked(site, "normal")
    jobs.begin_now(site.use, normal.id, by="op")
    site.settle()
    assert states(site, runs, urgent, normal) == ["running", "queued", "queued"]
    ends(site, runs)
    assert states(site, urgent, normal) == ["queued", "running"]


def test_who_gave_way_begins_when_the_other_turns_out_to_wait_for_its_window(site: Site) -> None:
    """The clock begins on Thursday at noon."""
    regions.change(site.use, "lab", max_in_flight=1)
    windows.add(site.use, Window("weekend", (5,), "06:00", 120), {"pool": ["default"]}, by="ada")
    normal, urgent = asked(site, "normal"), asked(site, "urgent", Priority.URGENT)
    jobs.begin_now(site.use, normal.id, by="op")
    taken = claim_due(site.database, owner="slow worker", lease=LEASE, job_id=urgent.id)
    assert taken is not None
    site.work()
    assert states(site, normal, urgent) == ["queued", "queued"]
    advance(site.use, taken)
    site.work()
    assert states(site, normal, urgent) == ["running", "queued"]


def test_a_job_that_waits_is_given_another_priority_and_one_that_has_begun_is_not(site: Site) -> None:
    regions.change(site.use, "lab", max_in_flight=1)
    runs = asked(site, "runs")
    site.settle()
    first, second = asked(site, "first"), asked(site, "second")
    site.settle()
    jobs.prioritise(site.use, second.id, Priority.HIGH, by="ann")
    site.settle()
    assert states(site, runs, first, second) == ["running", "queued", "queued"]
    ends(site, runs)
    assert states(site, first, second) == ["queued", "running"]
    assert [e.message for e in site.timeline(normal_id(site, second), "person") if e.actor == "ann"] == [
        "commission: priority high"
    ]
    with pytest.raises(Conflict, match="it is running"):
        jobs.prioritise(site.use, second.id, Priority.LOW, by="ann")
    with pytest.raises(NotFound):
        jobs.prioritise(site.use, "job_none", Priority.LOW, by="ann")


def test_who_gave_way_begins_at_once_when_the_other_is_made_less_urgent(site: Site, clock: Clock) -> None:
    regions.change(site.use, "lab", max_in_flight=1)
    normal, urgent = asked(site, "normal"), asked(site, "urgent", Priority.URGENT)
    taken = claim_due(site.database, owner="slow worker", lease=LEASE, job_id=urgent.id)
    assert taken is not None
    site.work()
    assert states(site, normal) == ["queued"]
    jobs.prioritise(site.use, urgent.id, Priority.LOW, by="ann")
    site.work()
    assert states(site, normal) == ["running"]


def test_the_urgent_job_is_claimed_and_sent_first(site: Site) -> None:
    normal, urgent = asked(site, "normal"), asked(site, "urgent", Priority.URGENT)
    sent: list[Due] = []
    assert dispatch_due(site.use, sent.append) == 2
    assert [(due.job_id, due.priority) for due in sent] == [
        (urgent.id, Priority.URGENT), (normal.id, Priority.NORMAL)
    ]  # fmt: skip
    first = claim_due(site.database, owner="first", lease=LEASE)
    assert first is not None and first.job_id == urgent.id
