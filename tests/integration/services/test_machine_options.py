"""Options of commissioning, testing and releasing on their way into MAAS, and a release that erases."""

import pytest

from gough.domain.errors import Invalid
from gough.domain.machine_options import CommissionOptions, Erase, ReleaseOptions, ScriptOptions
from gough.domain.machine_status import MachineStatus as Status
from gough.persistence.models import Job
from gough.services import jobs, lifecycle
from tests.support.clock import Clock
from tests.support.site import Site


def erasing(site: Site, mode: Erase) -> tuple[str, str]:
    """(system_id, job id) of a machine whose disks MAAS is erasing."""
    system_id, _ = site.in_service()
    job = lifecycle.release(site.use, system_id, ReleaseOptions(mode), by="ada")
    site.settle()
    return system_id, job.id


def chosen_for(site: Site, system_id: str) -> set[str]:
    return {result.name for result in site.maas.script_results(system_id) if result.kind == "testing"}


def test_what_is_wished_of_commissioning_is_asked_of_maas(site: Site) -> None:
    system_id = site.ready()
    options = CommissionOptions(True, ("memtester", "ntp"), {"storage": "sda"}, skip_storage=True)
    job = lifecycle.commission(site.use, system_id, options, by="ada")
    assert job.parameters == {
        "enable_ssh": True, "testing_scripts": ["memtester", "ntp"], "script_parameters": {"storage": "sda"},
        "skip_storage": True,
    }  # fmt: skip
    site.settle()
    assert chosen_for(site, system_id) == {"memtester", "ntp"}
    seen = site.region.snapshot(system_id)
    assert seen.stays_on and seen.kept == {"skip_storage"}


def test_what_is_wished_of_a_test_is_asked_of_maas_and_what_maas_refuses_ends_the_job_with_its_words(
    site: Site,
) -> None:
    system_id = site.ready()
    refused = lifecycle.test(site.use, system_id, ScriptOptions(testing_scripts=("acme-burn-in",)), by="ada")
    site.settle()
    found = site.diagnosis(refused.id)
    assert found["cause"] == "maas-refused"
    assert "acme-burn-in is not one of the available choices" in str(found["evidence"])
    lifecycle.test(site.use, system_id, ScriptOptions(testing_scripts=("cpu",)), by="ada")
    site.settle()
    assert site.region.status(system_id) is Status.TESTING
    assert chosen_for(site, system_id) == {"7z", "stress-ng-cpu-long", "stress-ng-cpu-short"}


def test_what_can_never_be_is_refused_before_there_is_a_job(site: Site) -> None:
    system_id = site.ready()
    with pytest.raises(Invalid):
        lifecycle.test(site.use, system_id, ScriptOptions(testing_scripts=("none",)), by="ada")
    with site.database.read() as session:
        assert jobs.newest(session, machine_id=site.machine(system_id).id) == []


@pytest.mark.parametrize("mode", [Erase.QUICK, Erase.SECURE, Erase.FULL])
def test_a_release_that_erases_has_a_stage_for_it_and_says_how(site: Site, mode: Erase) -> None:
    system_id, job_id = erasing(site, mode)
    assert site.region.snapshot(system_id).erasing == mode
    assert site.steps(job_id) == {"submit": "done", "erase": "running", "release": "pending"}
    assert f"release and erase ({mode.value})" in site.timeline(system_id, "person")[-1].message
    site.powered(system_id, "on")
    site.region.finish_erasing(system_id)
    site.until(system_id, Status.READY)
    site.settle()
    assert set(site.steps(job_id).values()) == {"done"} and site.job(job_id).kind == "erasure"


def test_an_erasure_may_take_a_day_and_one_that_fails_can_be_tried_again(site: Site, clock: Clock) -> None:
    system_id, job_id = erasing(site, Erase.FULL)
    clock.forward(seconds=23 * 3600)
    site.settle()
    assert site.steps(job_id)["erase"] == "running"
    site.maas.abort(system_id)
    site.until(system_id, Status.FAILED_DISK_ERASING)
    site.settle()
    assert site.diagnosis(job_id)["stage"] == "erase"
    jobs.retry(site.use, job_id, by="ada")
    site.settle()
    assert site.region.status(system_id) is Status.DISK_ERASING and site.region.calls["release", system_id] == 2


def test_a_release_without_erasing_has_no_stage_for_it(site: Site) -> None:
    system_id, _ = site.in_service()
    job = lifecycle.release(site.use, system_id, by="ada")
    assert list(site.steps(job.id)) == ["submit", "release"] and site.job(job.id).kind == "release"


def test_an_erasing_release_from_before_there_was_a_stage_for_it_goes_on(site: Site) -> None:
    system_id, _ = site.in_service()
    job = lifecycle.release(site.use, system_id, by="ada")
    with site.database.write() as session:
        old = session.get_one(Job, job.id)
        old.parameters = {**old.parameters, "erase": True}
    site.settle()
    assert site.region.status(system_id) is Status.DISK_ERASING
    site.powered(system_id, "on")
    site.region.finish_erasing(system_id)
    site.until(system_id, Status.READY)
    site.settle()
    assert site.job(job.id).state == "done"
