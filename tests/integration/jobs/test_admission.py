"""Which queued jobs may begin: pausing drains, a region has a limit, and who waits says for what."""

import pytest

from gough.domain.errors import Conflict, Invalid, NotFound
from gough.domain.machine_options import WITHOUT_TESTS
from gough.domain.machine_status import MachineStatus as Status
from gough.domain.windows import Window
from gough.persistence.models import Job
from gough.persistence.models import Region as RegionRow
from gough.services import admission, jobs, lifecycle, queue, region_pause, regions, windows
from tests.support.clock import Clock
from tests.support.site import Site


def commissioning(site: Site, count: int) -> list[tuple[str, Job]]:
    """(system_id, job) of so many machines that shall be commissioned."""
    ids = [site.ready(f"web-{n}") for n in range(count)]
    return [(system_id, lifecycle.commission(site.use, system_id, WITHOUT_TESTS, by="op")) for system_id in ids]


def states(site: Site, asked: list[tuple[str, Job]]) -> list[str]:
    return [site.job(job.id).state for _, job in asked]


def test_a_region_runs_so_many_jobs_at_once_and_the_next_begins_when_one_ends(site: Site) -> None:
    regions.change(site.use, "lab", max_in_flight=2)
    asked = commissioning(site, 4)
    site.settle()
    assert sorted(states(site, asked)) == ["queued", "queued", "running", "running"]
    waiting = next(system_id for system_id, job in asked if site.job(job.id).state == "queued")
    assert "2 jobs are in flight in region lab; 2 are allowed" in site.machine(waiting).reason
    first = next(system_id for system_id, job in asked if site.job(job.id).state == "running")
    site.commissions(first)
    site.settle()
    assert sorted(states(site, asked)) == ["done", "queued", "running", "running"]
    cancelled = next(job for _, job in asked if site.job(job.id).state == "running")
    jobs.cancel(site.use, cancelled.id, by="op")
    site.settle()
    assert sorted(states(site, asked)) == ["cancelled", "done", "running", "running"]


def test_pausing_lets_what_runs_go_on_and_begins_nothing(site: Site) -> None:
    ((runs, running),) = commissioning(site, 1)
    site.settle()
    later = site.ready("later")
    admission.pause(site.use, by="ada", reason="storage is being moved")
    queued = lifecycle.commission(site.use, later, WITHOUT_TESTS, by="op")
    site.commissions(runs)
    site.settle()
    assert (site.job(running.id).state, site.job(queued.id).state) == ("done", "queued")
    assert "paused by ada" in site.machine(later).reason and "storage" in site.machine(later).reason
    with pytest.raises(Conflict, match="paused already, by ada"):
        admission.pause(site.use, by="bob")
    admission.resume(site.use)
    site.settle()
    assert site.job(queued.id).state == "running"
    with pytest.raises(Conflict, match="not paused"):
        admission.resume(site.use)


def test_a_waiting_job_can_be_cancelled_and_is_looked_at_again_by_itself(site: Site, clock: Clock) -> None:
    admission.pause(site.use, by="ada")
    ((_, job),) = commissioning(site, 1)
    site.settle()
    assert site.next_wake(job.id) == clock.now + admission.LOOK_AGAIN
    jobs.cancel(site.use, job.id, by="op")
    site.settle()
    assert site.job(job.id).state == "cancelled"


def test_work_on_a_machine_waits_for_its_window_and_a_person_may_hurry_it(site: Site, clock: Clock) -> None:
    """The clock begins on Thursday at noon."""
    weekend = Window("weekend", (5,), "06:00", 120)
    windows.add(site.use, weekend, {"pool": ["default"], "tag": ["production"]}, by="ada")
    free, bound = site.ready("free"), site.ready("bound")
    site.maas.set_tags(bound, add=["production"])
    clock.forward(seconds=300)
    site.poll()
    clock.forward(seconds=60)
    site.poll()
    at_once = lifecycle.commission(site.use, free, WITHOUT_TESTS, by="op")
    waits = lifecycle.commission(site.use, bound, WITHOUT_TESTS, by="op")
    site.settle()
    assert (site.job(at_once.id).state, site.job(waits.id).state) == ("running", "queued")
    assert "window opens at 2026-01-03 06:00 UTC" in site.machine(bound).reason
    clock.now = site.next_wake(waits.id)
    site.settle()
    assert site.job(waits.id).state == "running"
    jobs.cancel(site.use, waits.id, by="op")
    site.settle()
    clock.forward(minutes=180)
    site.until(bound, Status.READY)
    site.poll()
    hurried = lifecycle.commission(site.use, bound, WITHOUT_TESTS, by="op")
    site.settle()
    assert site.job(hurried.id).state == "queued"
    jobs.begin_now(site.use, hurried.id, by="ada")
    site.settle()
    assert site.job(hurried.id).state == "running"
    with pytest.raises(Conflict, match="does not wait"):
        jobs.begin_now(site.use, hurried.id, by="ada")
    with pytest.raises(Invalid, match="would not hold anything"):
        windows.add(site.use, Window("w", (5,), "06:00", 120), {"service": ["in_service"]}, by="ada")
    windows.remove(site.use, "weekend")
    with pytest.raises(NotFound):
        windows.remove(site.use, "weekend")


@pytest.mark.parametrize("how", ["changed", "removed"])
def test_a_waiting_job_begins_at_once_when_its_window_is_changed_or_removed(site: Site, how: str) -> None:
    """The clock begins on Thursday at noon."""
    system_id = site.ready("bound")
    windows.add(site.use, Window("weekend", (5,), "06:00", 120), {"pool": ["default"]}, by="ada")
    job = lifecycle.commission(site.use, system_id, WITHOUT_TESTS, by="op")
    site.settle()
    assert site.job(job.id).state == "queued"
    with pytest.raises(NotFound):
        windows.change(site.use, "no such", Window("x", (3,), "06:00", 120), {})
    if how == "changed":
        windows.change(site.use, "weekend", Window("weekdays", (3,), "06:00", 720), {"pool": ["default"]})
    else:
        windows.remove(site.use, "weekend")
    site.settle()
    assert site.job(job.id).state == "running"


def test_pausing_a_region_drains_it(site: Site) -> None:
    ((runs, running),) = commissioning(site, 1)
    site.settle()
    region_pause.pause(site.use, "lab", by="ada", reason="its rack moves")
    later = site.ready("later")
    queued = lifecycle.commission(site.use, later, WITHOUT_TESTS, by="op")
    site.commissions(runs)
    site.settle()
    assert (site.job(running.id).state, site.job(queued.id).state) == ("done", "queued")
    reason = site.machine(later).reason
    assert "region lab is paused by ada for" in reason and "its rack moves" in reason
    with site.database.read() as session:
        waits = queue.waits(session, jobs.find(session, queued.id), site.clock.now)
    assert waits == queue.Waits("Region lab is paused")
    with pytest.raises(Conflict, match="paused already, by ada"):
        region_pause.pause(site.use, "lab", by="bob")
    region_pause.resume(site.use, "lab")
    site.settle()
    assert site.job(queued.id).state == "running"
    with pytest.raises(Conflict, match="not paused"):
        region_pause.resume(site.use, "lab")
    with pytest.raises(NotFound):
        region_pause.pause(site.use, "none", by="ada")


def test_a_paused_region_leaves_the_others_alone(site: Site) -> None:
    ((_, job),) = commissioning(site, 1)
    with site.database.write() as session:
        session.add(RegionRow(name="b", url="http://b.example/MAAS/", api_key_sealed="", created_at=site.clock.now))
    region_pause.pause(site.use, "b", by="ada")
    site.settle()
    assert site.job(job.id).state == "running"
