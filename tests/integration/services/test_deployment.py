"""A deployment from the request to in service, and what stops one, the test playing the machine."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gough.domain.errors import Conflict, Invalid, NotFound
from gough.domain.machine_status import MachineStatus as Status
from gough.persistence.models import Deployment, MachineToken
from gough.services import lifecycle
from tests.support.clock import Clock
from tests.support.site import Site

# What is decided here does not depend on the database; jobs, sync and crashes run on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_machine_gets_in_service_with_exactly_one_deploy(site: Site) -> None:
    system_id, job_id = site.deploying()
    assert site.steps(job_id)["install"] == "running"
    site.comes_up(system_id)
    site.settle()
    assert site.job(job_id).state == "done"
    found = site.machine(system_id)
    assert (found.service, found.status) == ("in_service", Status.DEPLOYED)
    assert found.reason == "waived: security (not configured), configure (not configured)"
    assert site.region.calls == {
        (op, system_id): 1 for op in ("commission", "allocate", "set_owner_data", "deploy")
    }  # fmt: skip


def test_the_timeline_tells_the_story_in_order_and_names_the_people(site: Site) -> None:
    system_id, _ = site.deploying()
    held = site.installs(system_id)
    site.settle()
    site.first_boot(held)
    site.beats(site.enrols(held), 1)
    site.settle()
    told = [f"{e.source} {e.kind}" for e in site.timeline(system_id)]
    story = ["gough machine-found", "person requested", "maas Deploying", "maas Deployed", "agent enrolled",
             "agent online", "gough in-service"]  # fmt: skip
    assert [line for line in told if line in story] == story
    assert {e.actor for e in site.timeline(system_id, "person")} == {"operator"}


def test_what_maas_is_given_is_kept_sealed_and_only_until_maas_has_it(site: Site) -> None:
    system_id = site.ready()
    job_id = lifecycle.deploy(site.use, system_id, lifecycle.Plan("plain", {"greeting": "welcome"}), by="operator").id
    site.settle()
    given = site.region.snapshot(system_id).user_data
    assert b"welcome" in given
    with site.database.read() as session:
        row = session.scalars(select(Deployment).where(Deployment.job_id == job_id)).one()
        tokens = session.scalars(select(MachineToken)).all()
    assert row.user_data_sealed is None and "welcome" not in row.variables_sealed
    assert row.variables_shown == {"greeting": "welcome"} and "welcome" in row.user_data_redacted
    site.powered(system_id, "on")
    held = site.installs(system_id)
    assert held.enrol not in row.user_data_redacted and held.report not in row.user_data_redacted
    assert held.enrol not in str([vars(token) for token in tokens])


def test_somebody_who_releases_the_machine_in_maas_is_named_in_the_diagnosis(site: Site) -> None:
    system_id, job_id = site.deploying()
    site.maas.release(system_id, comment="I need this one")
    site.until(system_id, Status.READY)
    site.settle()
    found = site.diagnosis(job_id)
    assert (found["stage"], found["cause"]) == ("install", "taken-over")
    assert any("I need this one" in line for line in found["evidence"])
    site.settle()
    assert site.region.calls["deploy", system_id] == 1, "what somebody did is not undone"


def test_a_bmc_that_does_not_answer_is_the_diagnosis(site: Site) -> None:
    system_id = site.ready()
    site.power.broken.add(system_id)
    job_id = lifecycle.deploy(site.use, system_id, lifecycle.Plan("plain", {}), by="operator").id
    site.work()
    site.until(system_id, Status.ALLOCATED)
    site.settle()
    found = site.diagnosis(job_id)
    assert (found["stage"], found["cause"]) == ("install", "power-failed")
    assert any("No rack controllers can access the BMC" in line for line in found["evidence"])


def test_an_install_that_hangs_is_overdue_at_its_deadline_and_not_before(site: Site, clock: Clock) -> None:
    system_id, job_id = site.deploying()
    site.region.pxe_boot(system_id)
    clock.forward(minutes=44)
    site.settle()
    assert site.steps(job_id)["install"] == "running"
    clock.forward(minutes=1)
    site.settle()
    assert site.diagnosis(job_id)["cause"] == "install-stuck"
    assert site.machine(system_id).next_action == site.diagnosis(job_id)["next_action"]


def test_a_site_may_give_its_own_deadlines(site: Site, clock: Clock) -> None:
    site.use = site.made_with(site.database, {"GOUGH_DEADLINES": "install=3h"})
    _, job_id = site.deploying()
    assert site.next_wake(job_id) == clock.now + timedelta(hours=3)


def test_a_first_boot_that_never_reports_is_told_from_one_that_hangs(site: Site, clock: Clock) -> None:
    system_id, job_id = site.deploying()
    site.installs(system_id)
    site.settle()
    clock.forward(minutes=20)
    site.settle()
    assert site.diagnosis(job_id)["cause"] == "no-report-from-first-boot"


def test_what_cannot_be_deployed_is_refused_before_anything_changes(site: Site) -> None:
    system_id, new = site.ready(), site.enlisted("new-1")
    site.clock.forward(seconds=300)
    site.poll()
    with pytest.raises(Conflict, match="new-1 is New; it cannot be deployed now"):
        lifecycle.deploy(site.use, new, lifecycle.Plan("plain", {}), by="operator")
    with pytest.raises(NotFound, match="template 'none'"):
        lifecycle.deploy(site.use, system_id, lifecycle.Plan("none", {}), by="operator")
    with pytest.raises(NotFound, match="machine 'nobody'"):
        lifecycle.deploy(site.use, "nobody", lifecycle.Plan("plain", {}), by="operator")
    with pytest.raises(Invalid) as caught:
        lifecycle.deploy(site.use, system_id, lifecycle.Plan("plain", {"greting": "x", "greeting": [1]}), by="operator")
    assert len(caught.value.problems) == 2
    assert site.work() == 0 and site.machine(system_id).service == "out"


def test_a_machine_has_one_job_at_a_time(site: Site) -> None:
    system_id, job_id = site.deploying()
    with pytest.raises(Conflict, match=f"busy with deployment {job_id}") as caught:
        lifecycle.release(site.use, system_id, by="operator")
    assert job_id in caught.value.hint


def test_commission_test_and_release_walk_their_own_tables(site: Site) -> None:
    system_id = site.enlisted()
    site.poll()
    commission = lifecycle.commission(site.use, system_id, by="operator")
    site.settle()
    assert site.region.pxe_boot(system_id) == "commissioning"
    site.commissions_and_tests(system_id)
    site.settle()
    assert site.steps(commission.id) == {"submit": "done", "commission": "done", "test": "done"}
    test = lifecycle.test(site.use, system_id, by="operator")
    site.settle()
    for name in site.region.pending_scripts(system_id):
        site.region.report_script(system_id, name, 1, "bad sector")
    site.settle()
    found = site.diagnosis(test.id)
    assert found["cause"] == "disk-failing" and "bad sector" in str(found["evidence"])


def test_a_release_ends_every_key_and_token_and_the_machine_is_out_of_service(site: Site) -> None:
    system_id, _ = site.in_service()
    release = lifecycle.release(site.use, system_id, by="operator")
    with site.database.read() as session:
        assert all(token.revoked_at for token in session.scalars(select(MachineToken)))
    site.settle()
    site.until(system_id, Status.READY)
    site.settle()
    assert site.job(release.id).state == "done" and site.machine(system_id).service == "out"
    assert site.region.calls["release", system_id] == 1
