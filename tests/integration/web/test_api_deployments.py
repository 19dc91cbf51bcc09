"""Deployments over the API: what was put where, what the machine was given, running again, going back."""

from pathlib import Path

import pytest

from gough.bootstrap import Application
from gough.services import lifecycle, templates
from tests.integration.web.conftest import Client, serving
from tests.support.site import Site

HERE = "/api/v1/deployments"
SECRET = "correct horse battery"


@pytest.fixture
def application(site: Site, tmp_path: Path) -> Application:
    folder = tmp_path / "library" / "plain"
    (folder / "template.yaml").write_text(
        "name: plain\nvariables:\n  - {name: greeting, default: hello}\n  - {name: key, type: secret, required: true}\n"
    )
    (folder / "user-data.yaml").write_text('#cloud-config\nfinal_message: "{{ greeting }} {{ key }}"\n')
    templates.import_folder(site.use, folder.parent, by="test")
    return serving(site)


@pytest.fixture
def deployed(site: Site, application: Application) -> str:
    """The system_id of a machine that was deployed with plain@2."""
    system_id = site.ready()
    lifecycle.deploy(site.use, system_id, lifecycle.Plan("plain", {"greeting": "hi", "key": SECRET}), by="ada")
    site.settle()
    site.comes_up(system_id)
    site.settle()
    return system_id


def test_a_deployment_shows_its_version_its_variables_and_its_stages_and_no_secret(
    viewer: Client, operator: Client, deployed: str
) -> None:
    (row,) = viewer.get(HERE).json()["items"]
    assert (row["template"], row["state"], row["hostname"]) == ("plain@2", "done", "web-1") and row["in_service_at"]
    whole = viewer.get(f"{HERE}/{row['id']}")
    assert whole.json()["variables"] == {"greeting": "hi", "key": "***"}
    stages = {stage["name"]: stage for stage in whole.json()["stages"]}
    assert stages["install"]["state"] == "done" and stages["install"]["deadline_at"] > stages["install"]["started_at"]
    assert viewer.get(f"{HERE}/{row['id']}/user-data").status_code == 403
    given = operator.get(f"{HERE}/{row['id']}/user-data")
    assert "final_message: hi" in given.json()["user_data"]
    assert given.json()["sha256"] == whole.json()["user_data_sha256"]
    assert SECRET not in given.text + whole.text
    assert viewer.get(f"{HERE}/none").status_code == 404


def test_deployments_are_found_by_machine_template_and_state(viewer: Client, site: Site, deployed: str) -> None:
    other = site.ready("web-2")
    site.clock.forward(seconds=1)
    lifecycle.deploy(site.use, other, lifecycle.Plan("plain@1"), by="ada")

    def found(**query: str) -> list[str]:
        return [item["hostname"] for item in viewer.get(HERE, params=query).json()["items"]]

    assert found() == ["web-2", "web-1"]
    assert found(machine=deployed) == found(template="plain@2") == found(state="done") == ["web-1"]
    assert (found(template="plain"), found(template="plain@x"), found(state="failed")) == (["web-2", "web-1"], [], [])
    assert viewer.get(HERE, params={"machine": "none"}).status_code == 404
    assert viewer.get(HERE, params={"state": "odd"}).status_code == 422
    (mine,) = viewer.get(f"/api/v1/machines/{other}/deployments").json()["items"]
    waiting = viewer.get(f"{HERE}/{mine['id']}").json()
    assert (mine["template"], waiting["user_data_sha256"]) == ("plain@1", "")


def test_user_data_that_is_not_there_yet_is_no_empty_answer(operator: Client, site: Site, deployed: str) -> None:
    site.clock.forward(seconds=1)
    lifecycle.deploy(site.use, site.ready("web-2"), lifecycle.Plan("plain@1"), by="ada")
    newest = operator.get(HERE).json()["items"][0]["id"]
    answer = operator.get(f"{HERE}/{newest}/user-data")
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")


def test_a_deployment_goes_back_to_the_version_before_only_while_it_is_the_last(
    operator: Client, site: Site, deployed: str
) -> None:
    (first,) = operator.get(HERE).json()["items"]
    refused = operator.change(f"{HERE}/{first['id']}/redeploy-previous")
    assert refused.status_code == 409 and "must be released" in refused.json()["detail"]
    lifecycle.release(site.use, deployed, by="ada")
    site.settle()
    site.clock.forward(seconds=1)
    again = operator.change(f"{HERE}/{first['id']}/redeploy-previous")
    assert (again.status_code, again.json()["parameters"]["template"]) == (202, "plain@1")
    late = operator.change(f"{HERE}/{first['id']}/redeploy-previous")
    assert late.status_code == 409 and "deployed again since" in late.json()["detail"]


def test_a_failed_deployment_runs_again_from_its_stage(operator: Client, viewer: Client, site: Site) -> None:
    site.answers(400, '{"distro_series": ["no such release"]}', to="deploy")
    system_id = site.ready()
    lifecycle.deploy(site.use, system_id, lifecycle.Plan("plain@1"), by="ada")
    site.settle()
    (failed,) = operator.get(HERE).json()["items"]
    assert failed["state"] == "failed"
    stages = {stage["name"]: stage for stage in operator.get(f"{HERE}/{failed['id']}").json()["stages"]}
    assert stages["submit"]["state"] == "failed" and stages["submit"]["cause"]
    assert viewer.change(f"{HERE}/{failed['id']}/retry").status_code == 403
    site.region.intercept = None
    again = operator.change(f"{HERE}/{failed['id']}/retry", {"confirm_wipe": True})
    assert (again.status_code, again.headers["location"]) == (202, f"/api/v1/jobs/{failed['job_id']}")
    assert operator.change(f"{HERE}/{failed['id']}/retry").status_code == 409
