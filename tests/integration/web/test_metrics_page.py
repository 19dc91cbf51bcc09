"""/metrics: what Prometheus scrapes, who may scrape it, and that what several processes count adds up."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse
from sqlalchemy import select

from gough.bootstrap import Application
from gough.domain.machine_status import MachineStatus
from gough.domain.permissions import Permission, Role
from gough.persistence.models import Job, JobStep, Machine, Region, User
from gough.services import api_keys, figures, lifecycle
from gough.services.api_keys import Wish
from gough.web import traffic
from tests.integration.web.conftest import SSH_KEY, Client, add_machine


def read(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """{(name, labels): value}"""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for each in parse(text)
        for sample in each.samples
    }


def key_of(application: Application, scopes: set[Permission], networks: tuple[str, ...] = ()) -> dict[str, str]:
    with application.use.database.read() as session:
        owner = session.scalars(select(User)).first()
    assert owner is not None
    _, key = api_keys.create(application.use, owner.id, Wish("prometheus", frozenset(scopes), networks))
    return {"Authorization": f"Bearer {key}"}


def test_a_key_for_metrics_scrapes_and_does_nothing_else(
    outsider: Client, viewer: Client, application: Application, node: Machine
) -> None:
    scraper = key_of(application, {Permission.METRICS})
    answer = outsider.get("/metrics", headers=scraper)
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert read(answer.text)["gough_machines", (("service", "out"), ("status", "ready"))] == 1
    assert outsider.get("/api/v1/machines", headers=scraper).status_code == 403
    assert outsider.get("/metrics").status_code == 401
    assert outsider.get("/metrics", headers=key_of(application, {Permission.VIEW})).status_code == 403
    elsewhere = key_of(application, {Permission.METRICS}, ("203.0.113.0/24",))
    assert outsider.get("/metrics", headers=elsewhere).status_code == 403


def test_every_figure_is_in_the_answer_and_says_what_it_is(viewer: Client, application: Application) -> None:
    lifecycle_of_everything(application)
    told = {each.name: each for each in parse(viewer.get("/metrics").text)}
    for asked in figures.ASKED:
        for figure in asked.figures:
            assert told[figure.name].documentation == figure.meaning
            assert all(set(sample.labels) == set(asked.labels) for sample in told[figure.name].samples), figure.name
    assert {name for name, each in told.items() if not each.samples} == {"gough_agents", traffic.NAME}


def lifecycle_of_everything(application: Application) -> None:
    """One job in flight and one that has ended, each with stages."""
    use = application.use
    for hostname in ("node-01", "node-02"):
        add_machine(application, hostname, MachineStatus.READY)
        lifecycle.deploy(use, hostname, lifecycle.Plan("docker-host", {"ssh_keys": [SSH_KEY]}), by="ada")
    with use.database.write() as session:
        now = use.database.now(session)
        running, ended = session.scalars(select(Job).order_by(Job.created_at))
        ended.state, ended.finished_at, ended.wake_at = "failed", now, None
        step = session.scalars(select(JobStep).where(JobStep.job_id == ended.id, JobStep.name == "install")).one()
        step.started_at, step.finished_at, step.outcome = now - timedelta(minutes=10), now, "failed"
        running.created_at = running.wake_at = now - timedelta(hours=2)
        session.scalars(select(Region)).one().duty = 0.07


def test_the_numbers_are_the_database_s(viewer: Client, application: Application) -> None:
    lifecycle_of_everything(application)
    found = read(viewer.get("/metrics").text)
    queued = (("kind", "deployment"), ("state", "queued"))
    stage = (("outcome", "failed"), ("stage", "install"))
    assert found["gough_jobs_active", queued] == 1
    assert found["gough_jobs_oldest_seconds", queued] == pytest.approx(7200, abs=60)
    assert found["gough_jobs_ended_last_day", (("kind", "deployment"), ("state", "failed"))] == 1
    assert found["gough_stages_ended_last_day", stage] == 1
    assert found["gough_stage_mean_seconds", stage] == pytest.approx(600, abs=0.01)
    assert found["gough_jobs_due", ()] == 1
    assert found["gough_jobs_overdue_seconds", ()] == pytest.approx(7200, abs=60)
    assert found["gough_region_duty_ratio", (("region", "lab"),)] == 0.07
    assert found["gough_paused", ()] == 0


def test_requests_are_counted_by_route_and_nobody_invents_labels(viewer: Client, node: Machine) -> None:
    for path in (f"/api/v1/machines/{node.id}", "/api/v1/machines/nobody", "/some-path-of-mine", "/another?x=1"):
        viewer.get(path)
    viewer.request("BREW", "/healthz")
    found = read(viewer.get("/metrics").text)

    def count(method: str, route: str, status: str) -> float:
        return found[f"{traffic.NAME}_count", (("method", method), ("route", route), ("status", status))]

    assert count("GET", "/api/v1/machines/<name>", "2xx") == 1
    assert count("GET", "/api/v1/machines/<name>", "4xx") == 1
    assert count("GET", traffic.NOWHERE, "4xx") == 2
    assert count("other", traffic.NOWHERE, "4xx") == 1
    assert not [labels for _, labels in found if any("mine" in value or node.id in value for _, value in labels)]


PROCESS = """
import sys
from types import SimpleNamespace
from gough.web.traffic import Traffic
made = Traffic()
for _ in range(int(sys.argv[1])):
    made.count(SimpleNamespace(method="GET", route="/healthz"), 200, 0.01)
print(*(sample.value for each in made.collected() for sample in each.samples if sample.name.endswith("_count")))
"""


def test_what_several_processes_count_adds_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(traffic.SHARED, "")  # given back at the end
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "histogram_1.db").write_bytes(b"of the server before")
    traffic.share(tmp_path / "shared")

    def said(count: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", PROCESS, str(count)],
            capture_output=True,
            text=True,
            check=True,
            env=dict(os.environ),
        ).stdout.strip()

    assert (said(3), said(4)) == ("3.0", "7.0")


@pytest.mark.parametrize("role", list(Role))
def test_whoever_may_look_may_scrape(person: Callable[[Role], Client], role: Role) -> None:
    assert person(role).get("/metrics").status_code == 200
