"""What a thousand installers at once cost the database: statements do not grow with the number of events."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from gough.persistence.models import Job, JobStep
from gough.services import jobs
from gough.services.sync.telling import show
from tests.support.site import Site

STAGES = ("stage-partitioning", "stage-extract", "stage-curthooks")


@contextmanager
def statements(site: Site) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(site.database.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(site.database.engine, "before_cursor_execute", note)


def install(site: Site, system_id: str, stage: str) -> None:
    site.region.signal(
        system_id, origin="curtin", name=f"cmd-install/{stage}", event_type="start", description="curtin command"
    )


@pytest.fixture
def deploying(site: Site) -> list[tuple[str, str]]:
    """(system_id, job id) of machines that install."""
    found = [site.deploying(f"web-{n}") for n in range(4)]
    site.settle()
    return found


def progress(site: Site, job_id: str) -> dict[str, str]:
    with site.database.read() as session:
        return {step.name: step.progress for step in jobs.find(session, job_id).steps if step.progress}


def test_each_machine_and_its_running_stage_show_what_its_own_last_event_says(
    site: Site, deploying: list[tuple[str, str]]
) -> None:
    for (system_id, _), stage in zip(deploying, STAGES, strict=False):
        install(site, system_id, stage)
    site.poll()
    words = ["Configuring storage", "Installing OS", "Configuring OS"]
    for (system_id, job_id), said in zip(deploying, words, strict=False):
        assert site.machine(system_id).status_message == site.region.snapshot(system_id).status_message
        assert progress(site, job_id)["install"].startswith(said)


def test_a_poll_of_many_messages_takes_as_many_statements_as_one_of_few(
    site: Site, deploying: list[tuple[str, str]]
) -> None:
    def polled(messages: int) -> int:
        for number in range(messages):
            install(site, deploying[number % len(deploying)][0], STAGES[number % len(STAGES)])
        with statements(site) as said:
            site.poll()
        return len(said)

    assert polled(60) == polled(4)


def test_only_the_stage_that_runs_is_told(site: Site, deploying: list[tuple[str, str]]) -> None:
    (_, ended), (_, runs), *_ = deploying
    with site.database.write() as session:
        session.get_one(JobStep, (ended, "install")).state = "done"
    with site.database.write() as session:
        show(session, {session.get_one(Job, job).machine_id: f"new of {job}" for job in (ended, runs)})
    assert progress(site, runs)["install"] == f"new of {runs}"
    assert "new of" not in progress(site, ended).get("install", "")


def test_what_follows_from_the_same_facts_is_one_commit(site: Site, deploying: list[tuple[str, str]]) -> None:
    """The end of the installation, the start of what comes next and the sleep; and one commit claims the job."""
    system_id, job_id = deploying[0]
    site.installs(system_id)
    site.poll()
    commits: list[None] = []
    event.listen(site.database.engine, "commit", lambda _: commits.append(None))
    assert site.work() == 1
    assert (site.steps(job_id)["install"], site.steps(job_id)["first-boot"]) == ("done", "running")
    assert len(commits) == 3, "claim, decide, and a look that finds nothing more"
