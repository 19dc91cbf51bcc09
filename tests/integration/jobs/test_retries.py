"""Retries: from which stage, with how much said yes to, and what a late success heals."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gough.domain.errors import Conflict
from gough.domain.machine_status import MachineStatus as Status
from gough.persistence.models import Deployment, Job, MachineToken
from gough.services import jobs
from tests.support.clock import Clock
from tests.support.site import Credentials, Site

# What is decided here does not depend on the database; claims, actions, sync and crashes run on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def submission(site: Site, job_id: str) -> int:
    with site.database.read() as session:
        return session.scalars(select(Deployment.submission).where(Deployment.job_id == job_id)).one()


def deploys(site: Site, system_id: str) -> int:
    return site.region.calls["deploy", system_id]


def token_hashes(site: Site) -> set[str]:
    with site.database.read() as session:
        return set(session.scalars(select(MachineToken.token_hash).where(MachineToken.revoked_at.is_(None))))


def test_only_a_failed_job_can_be_retried(site: Site) -> None:
    _, job_id = site.requested()
    with pytest.raises(Conflict, match="it is queued"):
        jobs.retry(site.use, job_id, by="ann")


def test_retrying_the_install_wipes_so_it_needs_a_yes_and_then_is_a_new_submission(site: Site) -> None:
    system_id, job_id = site.deploying()
    first = token_hashes(site)
    site.region.signal(system_id, origin="curtin", name="cmd-install", event_type="finish", description="disk full",
                       result="FAIL")  # fmt: skip
    site.settle()
    assert site.diagnosis(job_id)["cause"] == "install-script-failed"
    with pytest.raises(Conflict, match="wipes its disks"):
        jobs.retry(site.use, job_id, by="ann")
    assert submission(site, job_id) == 1 and site.job(job_id).state == "failed"
    again(site, system_id, job_id)
    assert submission(site, job_id) == 2 and deploys(site, system_id) == 2
    assert site.region.snapshot(system_id).owner_data["gough-deployment"].endswith(".2")
    assert not (first & token_hashes(site)), "the tokens of the first try are good for nothing"
    site.comes_up(system_id)
    site.settle()
    assert site.job(job_id).state == "done" and deploys(site, system_id) == 2


def again(site: Site, system_id: str, job_id: str) -> None:
    """Retry with a wipe, to the moment when the installer is told to begin once more."""
    before = deploys(site, system_id)
    jobs.retry(site.use, job_id, by="ann", confirm_wipe=True)
    site.settle()
    if site.region.status(system_id) is not Status.DEPLOYING:  # it is being released first
        site.until(system_id, Status.READY)
        site.clock.forward(seconds=3)
        site.settle()
    assert deploys(site, system_id) == before + 1
    site.powered(system_id, "on")


def test_an_agent_of_the_first_try_does_not_count_for_the_second(site: Site) -> None:
    system_id, job_id = site.deploying()
    held = site.installs(system_id)
    agent_id = site.enrols(held)
    site.beats(agent_id, 1)
    site.first_boot(held, "FAIL")
    site.settle()
    assert site.diagnosis(job_id)["cause"] == "cloud-init-error"
    again(site, system_id, job_id)
    site.first_boot(site.installs(system_id))
    site.settle()
    assert site.steps(job_id)["agent"] == "running", "the disk that agent lived on was wiped"


def test_the_second_failure_is_explained_by_its_own_events_and_not_by_the_first_ones(site: Site, clock: Clock) -> None:
    system_id, job_id = site.deploying()
    site.maas.release(system_id)  # somebody takes the machine
    site.until(system_id, Status.READY)
    site.settle()
    assert site.diagnosis(job_id)["cause"] == "taken-over"
    again(site, system_id, job_id)
    clock.forward(minutes=46)
    site.settle()
    assert site.diagnosis(job_id)["cause"] == "no-network-boot"


def test_retrying_a_submission_that_was_refused_submits_once(site: Site) -> None:
    system_id, job_id = site.requested()
    site.answers(400, "user data too odd", to="deploy")
    site.settle()
    assert site.steps(job_id)["submit"] == "failed"
    site.region.intercept = None
    jobs.retry(site.use, job_id, by="ann")
    site.settle()
    assert (submission(site, job_id), deploys(site, system_id)) == (1, 1)
    assert site.steps(job_id)["install"] == "running"


def test_retrying_a_validation_renders_anew(site: Site) -> None:
    system_id, job_id = site.requested()
    silent = site.made_with(site.database, {"GOUGH_PUBLIC_URL": ""})
    site.work(silent)
    assert site.steps(job_id)["validate"] == "failed"
    jobs.retry(site.use, job_id, by="ann")
    site.settle()
    assert deploys(site, system_id) == 1 and site.steps(job_id)["install"] == "running"


@pytest.mark.parametrize("stage", ["agent", "verify"])
def test_retrying_a_stage_that_only_waits_gives_it_a_fresh_deadline(site: Site, clock: Clock, stage: str) -> None:
    system_id, job_id = site.deploying()
    held = site.installs(system_id)
    site.first_boot(held)
    if stage == "verify":
        stuck_in_verify(site, job_id)
    site.settle()
    clock.forward(minutes=6)
    site.settle()
    assert site.steps(job_id)[stage] == "failed"
    jobs.retry(site.use, job_id, by="ann")
    site.settle()
    assert site.steps(job_id)[stage] == "running"
    assert site.next_wake(job_id) == clock.now + timedelta(minutes=5)
    assert (submission(site, job_id), deploys(site, system_id)) == (1, 1)
    site.beats(site.enrols(held), 1)
    site.settle()
    assert site.job(job_id).state == "done"


def stuck_in_verify(site: Site, job_id: str) -> None:
    """As if the agent had reported once and fallen silent before the last look."""
    with site.database.write() as session:
        step = next(s for s in session.get_one(Job, job_id).steps if s.name == "agent")
        step.state, step.outcome = "done", "done"


def test_a_late_success_heals_a_failed_job(site: Site, clock: Clock) -> None:
    system_id, job_id = site.deploying()
    clock.forward(minutes=46)
    site.settle()
    assert site.job(job_id).state == "failed" and site.machine(system_id).service == "attention"
    site.comes_up(system_id)
    site.settle()
    assert site.job(job_id).state == "done" and site.job(job_id).diagnosis is None
    assert site.machine(system_id).service == "in_service"
    assert "install succeeded late" in [e.message for e in site.timeline(system_id, "gough")]


def test_a_machine_that_failed_before_our_answer_was_recorded_is_an_install_that_failed(
    site: Site, clock: Clock
) -> None:
    """MAAS took the deploy, the answer was lost, and the install failed before Gough looked again."""
    system_id, job_id = site.requested()
    site.answers(503, "try later", to="deploy")
    site.work()
    site.region.intercept = None
    site.maas.deploy(system_id, series="noble", user_data=b"")
    site.powered(system_id, "on")
    site.region.signal(system_id, origin="curtin", name="cmd-install", event_type="finish", description="x",
                       result="FAIL")  # fmt: skip
    clock.forward(seconds=5)
    site.settle()
    assert site.steps(job_id)["install"] == "failed" and deploys(site, system_id) == 1
    again(site, system_id, job_id)
    assert isinstance(site.installs(system_id), Credentials)
