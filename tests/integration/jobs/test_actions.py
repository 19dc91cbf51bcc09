"""Actions that fail, repeat, are are cancelled."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gough.domain.errors import Conflict, NotFound
from gough.domain.machine_status import MachineStatus as Status
from gough.persistence.models import JobLog
from gough.services import jobs
from tests.support.clock import Clock
from tests.support.site import Site


def deploys(site: Site, system_id: str) -> int:
    return site.region.calls["deploy", system_id]


def test_a_failed_action_is_tried_again_after_a_growing_wait_with_jitter_and_then_succeeds(
    site: Site, clock: Clock
) -> None:
    system_id, job_id = site.requested()
    site.answers(503, "database is busy", to="deploy")
    waits = []
    for _ in range(4):
        site.work()
        waits.append((site.next_wake(job_id) - clock.now).total_seconds())
        clock.now = site.next_wake(job_id)
    assert [full / 2 <= wait <= full for full, wait in zip((1, 2, 4, 8), waits, strict=True)] == [True] * 4, waits
    assert len({wait / full for full, wait in zip((1, 2, 4, 8), waits, strict=True)}) > 1, "no jitter"
    site.region.intercept = None
    site.settle()
    assert site.steps(job_id)["submit"] == "done"
    assert (site.region.calls["allocate", system_id], deploys(site, system_id)) == (1, 1)


def test_a_refusal_ends_the_stage_at_once_with_maas_own_words(site: Site) -> None:
    system_id, job_id = site.requested()
    site.maas.allocate(system_id, agent_name="terraform")
    site.work()
    assert site.steps(job_id)["submit"] == "failed" and site.job(job_id).state == "failed"
    found = site.diagnosis(job_id)
    assert found["cause"] == "maas-refused"
    assert any("owned by admin; it must be Ready" in line for line in found["evidence"])
    machine = site.machine(system_id)
    assert machine.service == "attention" and machine.next_action == found["next_action"]
    assert deploys(site, system_id) == 0, "what belongs to somebody else is not touched"


def test_maas_that_does_not_answer_until_the_deadline_is_the_diagnosis_with_its_words(site: Site, clock: Clock) -> None:
    _, job_id = site.requested()
    site.answers(503, "no free address", to="deploy")
    site.work()
    began = clock.now
    while site.job(job_id).state == "running":
        clock.now = site.next_wake(job_id)
        site.work()
    assert clock.now == began + timedelta(minutes=2)
    found = site.diagnosis(job_id)
    assert (found["cause"], found["stage"]) == ("maas-unavailable", "submit")
    assert any("503 no free address" in line for line in found["evidence"])


def test_cancelling_before_anything_was_submitted_touches_nothing(site: Site) -> None:
    system_id, job_id = site.requested()
    jobs.cancel(site.use, job_id, by="ann")
    site.work()
    assert site.job(job_id).state == "cancelled" and site.job(job_id).wake_at is None
    assert site.machine(system_id).reason == "deployment cancelled by ann"
    assert site.region.calls["allocate", system_id] == site.region.calls["abort", system_id] == 0
    assert [e.actor for e in site.timeline(system_id, "person")] == ["operator", "ann"]


def test_cancelling_during_the_install_aborts_it_in_maas_once(site: Site) -> None:
    system_id, job_id = site.deploying()
    jobs.cancel(site.use, job_id, by="ann")
    site.work()
    site.until(system_id, Status.ALLOCATED)
    site.settle()
    assert site.region.calls["abort", system_id] == 1
    assert site.job(job_id).state == "cancelled"
    assert site.machine(system_id).service == "out"
    with pytest.raises(Conflict, match="has ended already"):
        jobs.cancel(site.use, job_id, by="ann")


def test_cancelling_when_maas_took_the_deploy_but_its_answer_was_lost_stops_it_all_the_same(
    site: Site, clock: Clock
) -> None:
    system_id, job_id = site.requested()
    site.answers(503, "try later", to="deploy")
    site.work()
    site.region.intercept = None
    site.maas.deploy(system_id, series="noble", user_data=b"the request that was thought lost")
    site.powered(system_id, "on")
    jobs.cancel(site.use, job_id, by="ann")
    site.work()
    assert site.region.calls["abort", system_id] == 1


def test_a_job_is_cancelled_even_when_maas_cannot_be_stopped_and_says_so(site: Site) -> None:
    _, job_id = site.deploying()
    site.answers(503, "no rack", to="abort")
    jobs.cancel(site.use, job_id, by="ann")
    site.work()
    assert site.job(job_id).state == "cancelled"
    with site.database.read() as session:
        lines = session.scalars(select(JobLog.message).where(JobLog.job_id == job_id)).all()
    assert any("could not be stopped: MAAS: 503 no rack" in line for line in lines)


def test_nothing_that_does_not_exist_is_cancelled_or_retried(site: Site) -> None:
    for act in (jobs.cancel, jobs.retry):
        with pytest.raises(NotFound):
            act(site.use, "job_none", by="ann")
