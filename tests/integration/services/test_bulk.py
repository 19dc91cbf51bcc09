"""One action on many machines: in waves, with a result for each, whoever dies meanwhile."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from gough.domain.errors import Conflict, Invalid, NotFound
from gough.domain.priorities import RANKS, Priority
from gough.domain.stages import JobKind
from gough.domain.waves import ItemState, Limits
from gough.persistence.models import Bulk, BulkItem, Job
from gough.services import bulk, lifecycle
from gough.services.bulk import Order
from tests.support.site import Site


def ready(site: Site, count: int) -> list[str]:
    """The ids of so many machines that are Ready."""
    return [site.machine(site.ready(f"web-{n}")).id for n in range(count)]


def commission(ids: list[str], in_flight: int = 2, stop_after: int = 0) -> Order:
    return Order(JobKind.COMMISSION, ids, Limits(in_flight, stop_after), {"skip_tests": True})


def items(site: Site, made: Bulk) -> list[tuple[str, str]]:
    """(state, reason) of each machine, in the order given."""
    with site.database.read() as session:
        query = select(BulkItem).where(BulkItem.bulk_id == made.id).order_by(BulkItem.position)
        return [(item.state, item.reason) for item in session.scalars(query)]


def state(site: Site, made: Bulk) -> str:
    with site.database.read() as session:
        return bulk.find(session, made.id).state


def finish_running(site: Site, made: Bulk, *, well: bool = True) -> None:
    """Every machine that runs now comes to its end."""
    site.settle()
    with site.database.read() as session:
        running = select(BulkItem).where(BulkItem.bulk_id == made.id, BulkItem.state == "running")
        system_ids = [item.machine.system_id for item in session.scalars(running)]
    for system_id in system_ids:
        if well:
            site.commissions(system_id)
        else:
            site.maas.abort(system_id)
    site.settle()
    bulk.advance_all(site.use)


def test_every_job_of_a_bulk_operation_has_its_priority(site: Site) -> None:
    ids = ready(site, 2)
    made = bulk.begin(site.use, replace(commission(ids, in_flight=1), priority=Priority.HIGH), by="operator")
    finish_running(site, made)
    finish_running(site, made)
    with site.database.read() as session:
        found = session.scalars(select(Job.priority).join(BulkItem, BulkItem.job_id == Job.id)).all()
    assert list(found) == [RANKS[Priority.HIGH]] * 2


def test_waves_begin_as_machines_end_and_each_machine_has_its_result(site: Site) -> None:
    ids = ready(site, 5)
    lifecycle.commission(site.use, ids[3], by="somebody else")
    made = bulk.begin(site.use, commission(ids), by="operator")
    assert [s for s, _ in items(site, made)] == ["running", "running", "waiting", "waiting", "waiting"]
    finish_running(site, made)
    assert [s for s, _ in items(site, made)] == ["done", "done", "running", "refused", "running"]
    assert "is busy with commission" in items(site, made)[3][1]
    finish_running(site, made)
    assert state(site, made) == "done"
    with site.database.read() as session:
        assert bulk.counts(session, made.id) == {ItemState.DONE: 4, ItemState.REFUSED: 1}
        assert {job.created_by for job in session.scalars(select(Job))} == {"operator", "somebody else"}


def test_it_stops_by_itself_after_so_many_failures_and_skips_the_rest(site: Site) -> None:
    made = bulk.begin(site.use, commission(ready(site, 5), stop_after=1), by="operator")
    finish_running(site, made, well=False)
    assert state(site, made) == "stopped"
    found = items(site, made)
    assert [s for s, _ in found] == ["failed", "failed", "skipped", "skipped", "skipped"]
    assert found[4][1] == "1 failed" and found[0][1]


def test_a_person_stops_it_and_what_runs_goes_on(site: Site) -> None:
    made = bulk.begin(site.use, commission(ready(site, 4)), by="operator")
    bulk.stop(site.use, made.id, by="ada")
    assert state(site, made) == "stopping"
    finish_running(site, made)
    assert state(site, made) == "stopped"
    assert items(site, made)[3] == ("skipped", "stopped by ada")
    with pytest.raises(Conflict, match="is over"):
        bulk.stop(site.use, made.id, by="ada")


def test_a_dry_run_tells_what_would_happen_and_writes_nothing(site: Site) -> None:
    free, busy = ready(site, 2)
    lifecycle.commission(site.use, busy, by="somebody else")
    order = Order(JobKind.DEPLOYMENT, [free, busy], Limits(5), {"template": "plain"})
    forecasts = bulk.dry_run(site.use, order)
    assert [(f.hostname, bool(f.refusal)) for f in forecasts] == [("web-0", False), ("web-1", True)]
    with site.database.read() as session:
        assert bulk.newest(session) == [] and len(session.scalars(select(Job)).all()) == 1


def test_what_cannot_be_begun_is_refused_whole_and_says_all_of_it(site: Site) -> None:
    machine_id = ready(site, 1)[0]
    with pytest.raises(Invalid) as caught:
        bulk.begin(site.use, Order(JobKind.TEST, [], Limits(0, -1), {"erase": True}), by="operator")
    assert {p.pointer for p in caught.value.problems} == {"/max_in_flight", "/stop_after", "/ids", "/parameters/erase"}
    with pytest.raises(Invalid, match="variables"):
        bulk.begin(
            site.use,
            Order(JobKind.DEPLOYMENT, [machine_id], Limits(1), {"template": "plain", "variables": {"greting": "x"}}),
            by="operator",
        )
    with pytest.raises(NotFound, match="mac_none"):
        bulk.begin(site.use, commission(["mac_none"]), by="operator")


def test_a_process_that_dies_between_two_machines_leaves_nothing_begun_twice(site: Site) -> None:
    """The job and the note that it began are one commit, so another process goes on behind it."""
    made = bulk.begin(site.use, commission(ready(site, 3), in_flight=3), by="operator")
    for _ in range(3):
        bulk.advance_all(site.use)
    with site.database.read() as session:
        assert len(session.scalars(select(Job)).all()) == 3
    finish_running(site, made)
    assert state(site, made) == "done"
