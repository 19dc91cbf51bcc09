"""What Ansible did on a machine, over the API and on its page."""

from datetime import timedelta

import pytest

from gough.bootstrap import Application
from gough.domain.machine_status import MachineStatus
from gough.persistence.models import Machine, PlaybookRun
from gough.services import lifecycle
from tests.integration.web.conftest import Client, add_machine


@pytest.fixture
def configured(application: Application) -> Machine:
    """Ansible ran twice on it: that failed, and then converged."""
    machine = add_machine(application, "web-1", MachineStatus.DEPLOYED)
    with application.use.database.write() as session:
        now, deployment = application.use.database.now(session), lifecycle.latest_deployment(session, machine.id)
        assert deployment is not None
        known = {"machine_id": machine.id, "deployment_id": deployment.id, "playbook": "plain.yml"}
        said = "Greet: <b>No such file</b>"
        session.add(PlaybookRun(state="failed", started_at=now - timedelta(minutes=9), said=said, **known))
        recap = {"ok": 2, "changed": 1, "failed": 0}
        session.add(PlaybookRun(state="converged", started_at=now, finished_at=now, recap=recap, **known))
    return machine


def test_runs_come_newest_first_and_page_by_page(configured: Machine, viewer: Client) -> None:
    first = viewer.get("/api/v1/machines/web-1/playbook-runs?limit=1").json()
    assert [run["state"] for run in first["items"]] == ["converged"]
    assert first["items"][0]["recap"] == {"ok": 2, "changed": 1, "failed": 0}
    more = viewer.get(f"/api/v1/machines/web-1/playbook-runs?limit=1&cursor={first['next_cursor']}").json()
    assert [(run["state"], run["said"], run["finished_at"]) for run in more["items"]] == [
        ("failed", "Greet: <b>No such file</b>", None)
    ]
    assert more["next_cursor"] is None
    assert viewer.get("/api/v1/machines/nobody/playbook-runs").status_code == 404


def test_the_machines_page_says_how_the_last_one_ended(configured: Machine, viewer: Client) -> None:
    page = viewer.get(f"/machines/{configured.id}").text
    assert "Converged" in page and "2 tasks ok, 1 changed" in page and "plain.yml" in page
