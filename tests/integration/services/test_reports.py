"""What cloud-init reports: believed with the right token only, recorded once, and a failed part fails the boot."""

from typing import Any

import pytest

from gough.domain.clocks import in_words
from gough.domain.errors import Invalid, Unauthenticated
from gough.services import jobs, lifecycle, reports
from tests.support.clock import Clock
from tests.support.site import Credentials, Site

# What is decided here does not depend on the database; jobs, sync and crashes run on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def booting(site: Site) -> tuple[str, str, Credentials]:
    system_id, job_id = site.deploying()
    held = site.installs(system_id)
    site.settle()
    return system_id, job_id, held


Booting = tuple[str, str, Credentials]


def report(name: str, event_type: str = "finish", **more: Any) -> dict[str, Any]:
    return {"name": name, "event_type": event_type, "description": f"about {name}", **more}


def told(site: Site, system_id: str) -> list[str]:
    return [f"{e.kind} {e.message}" for e in site.timeline(system_id, "cloud-init")]


def test_only_the_deployments_own_reporting_token_is_believed(site: Site, booting: Booting) -> None:
    system_id, _, held = booting
    for token in ("made up", held.enrol):
        with pytest.raises(Unauthenticated):
            reports.accept(site.use, token, report("modules-final"))
    assert told(site, system_id) == []


def test_after_the_deployment_is_over_nothing_more_is_believed(site: Site) -> None:
    system_id, job_id = site.deploying()
    held = site.installs(system_id)
    site.first_boot(held)
    site.beats(site.enrols(held), 1)
    site.settle()
    assert site.job(job_id).state == "done"
    lifecycle.release(site.use, system_id, by="operator")
    with pytest.raises(Unauthenticated):
        reports.accept(site.use, held.report, report("modules-final"))


@pytest.mark.parametrize("odd", [{}, {"name": "x"}, {"name": 1, "event_type": "finish"}, {"event_type": "finish"}])
def test_a_report_of_another_shape_is_invalid(site: Site, booting: Booting, odd: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        reports.accept(site.use, booting[2].report, odd)


def test_a_report_that_is_repeated_is_recorded_once(site: Site, booting: Booting) -> None:
    system_id, _, held = booting
    for _ in range(3):
        reports.accept(site.use, held.report, report("init-network", result="SUCCESS", timestamp=1.5))
    reports.accept(site.use, held.report, report("init-network", result="SUCCESS", timestamp=2.5))
    assert told(site, system_id) == ["init-network finish SUCCESS: about init-network"] * 2


def test_the_last_part_ends_the_first_boot(site: Site, booting: Booting) -> None:
    _, job_id, held = booting
    for name in ("init-local", "init-network", "modules-config"):
        reports.accept(site.use, held.report, report(name, result="SUCCESS"))
    site.settle()
    assert site.steps(job_id)["first-boot"] == "running"
    reports.accept(site.use, held.report, report("modules-final", result="SUCCESS"))
    site.settle()
    assert site.steps(job_id)["first-boot"] == "done"


@pytest.mark.parametrize("part", ["modules-final", "modules-config"])
def test_a_failed_part_fails_the_boot_at_its_end_with_that_part_as_evidence(
    site: Site, booting: Booting, part: str
) -> None:
    _, job_id, held = booting
    reports.accept(site.use, held.report, report(part, result="FAIL"))
    if part != "modules-final":
        site.settle()
        assert site.steps(job_id)["first-boot"] == "running", "the evidence is not complete yet"
        reports.accept(site.use, held.report, report("modules-final", result="SUCCESS"))
    site.settle()
    found = site.diagnosis(job_id)
    assert (found["stage"], found["cause"]) == ("first-boot", "cloud-init-error")
    assert any(f"{part}: finish FAIL" in line for line in found["evidence"])


def test_a_later_boot_that_goes_well_heals_the_failed_one(site: Site, booting: Booting) -> None:
    _, job_id, held = booting
    reports.accept(site.use, held.report, report("modules-config", result="FAIL"))
    reports.accept(site.use, held.report, report("modules-final", result="SUCCESS", timestamp=1))
    site.settle()
    assert site.steps(job_id)["first-boot"] == "failed"
    reports.accept(site.use, held.report, report("modules-config", result="SUCCESS", timestamp=2))
    reports.accept(site.use, held.report, report("modules-final", result="SUCCESS", timestamp=2))
    site.settle()
    assert site.steps(job_id)["first-boot"] == "done"


def test_a_lost_end_of_the_first_boot_is_heard_from_the_agent(site: Site, booting: Booting) -> None:
    system_id, job_id, held = booting
    agent_id = site.enrols(held)
    site.beats(agent_id, 1, cloud_init={"status": "running", "errors": []})
    site.settle()
    assert site.steps(job_id)["first-boot"] == "running"
    for sequence in (2, 3):
        site.beats(agent_id, sequence, cloud_init={"status": "done", "errors": []})
    site.settle()
    assert site.job(job_id).state == "done"
    assert len([line for line in told(site, system_id) if "the agent tells" in line]) == 1


def test_what_failed_is_quoted_from_the_agent_when_cloud_init_could_not_tell(site: Site, booting: Booting) -> None:
    _, job_id, held = booting
    site.beats(site.enrols(held), 1, cloud_init={"status": "error", "errors": ["Runparts: 1 failures (10-docker.sh)"]})
    site.settle()
    found = site.diagnosis(job_id)
    assert (found["stage"], found["cause"]) == ("first-boot", "cloud-init-error")
    assert any("10-docker.sh" in line for line in found["evidence"])


def test_why_a_part_failed_is_heard_from_the_agent_and_changes_the_diagnosis(site: Site, booting: Booting) -> None:
    system_id, job_id, held = booting
    reports.accept(site.use, held.report, report("modules-config/config-apt_configure", result="FAIL"))
    reports.accept(site.use, held.report, report("modules-config", result="FAIL"))
    reports.accept(site.use, held.report, report("modules-final", result="SUCCESS"))
    site.settle()
    assert site.diagnosis(job_id)["cause"] == "cloud-init-error"
    error = "('apt_configure', OSError('Temporary failure in name resolution'))"
    agent_id = site.enrols(held)
    for sequence in (1, 2):
        site.beats(agent_id, sequence, cloud_init={"status": "error", "errors": [error]})
    found, machine = site.diagnosis(job_id), site.machine(system_id)
    assert (found["stage"], found["cause"]) == ("first-boot", "dns-failed")
    assert [error in line for line in found["evidence"]] == [True]
    assert (machine.service, machine.next_action) == ("attention", found["next_action"])
    assert "cannot resolve names" in machine.reason


def test_cloud_inits_own_word_stands_against_the_agents(site: Site, booting: Booting) -> None:
    system_id, _, held = booting
    reports.accept(site.use, held.report, report("modules-final", result="SUCCESS"))
    site.beats(site.enrols(held), 1, cloud_init={"status": "error", "errors": ["late"]})
    assert not [line for line in told(site, system_id) if "agent tells" in line]


@pytest.mark.parametrize("odd", [None, "done", {"status": ["done"]}, {"status": "asleep"}, {}])
def test_an_odd_sample_of_the_agents_changes_nothing(site: Site, booting: Booting, odd: object) -> None:
    _, job_id, held = booting
    site.beats(site.enrols(held), 1, cloud_init=odd)
    site.settle()
    assert site.steps(job_id)["first-boot"] == "running"


@pytest.mark.parametrize(("off", "believed"), [(30, True), (-599, True), (4000, False), (-90_000_000, False)])
def test_a_machines_clock_is_believed_when_it_is_near_ours(
    site: Site, clock: Clock, booting: Booting, off: int, believed: bool
) -> None:
    system_id, _, held = booting
    reports.accept(site.use, held.report, report("init-local", timestamp=clock.seconds() + off))
    (event,) = site.timeline(system_id, "cloud-init")
    assert (event.occurred_at.timestamp() == clock.seconds() + off) is believed
    reports.accept(site.use, booting[2].report, report("init-network", timestamp=clock.seconds() + off))
    said = [event.message for event in site.timeline(system_id) if event.kind == "clock-off"]
    assert said == ([] if believed else [f"the machine's clock is {in_words(off)}"])


def test_what_maas_and_cloud_init_say_is_the_progress_of_the_stage_that_runs(site: Site) -> None:
    system_id, job_id = site.deploying()

    def progress(stage: str) -> str:
        with site.database.read() as session:
            return next(step.progress for step in jobs.find(session, job_id).steps if step.name == stage)

    assert site.region.pxe_boot(system_id)
    site.region.signal(system_id, origin="curtin", name="cmd-install", event_type="start", description="curtin install")
    site.settle()
    assert progress("install") == site.machine(system_id).status_message != ""
    held = site.installs(system_id)
    site.settle()
    reports.accept(site.use, held.report, report("modules-config/config-apt-configure", "start"))
    assert progress("first-boot") == "modules-config/config-apt-configure start"
    assert "apt" not in progress("install")
