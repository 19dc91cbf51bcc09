"""Options of commissioning, testing and releasing over HTTP; redeploying; what a failed script means."""

from pathlib import Path

import httpx
import pytest

from gough.bootstrap import Application
from gough.services import jobs, lifecycle, templates
from tests.integration.web.conftest import Client, serving
from tests.support.site import Site

API = "/api/v1/machines"


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


def pointers(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {problem["pointer"] for problem in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("verb", "body", "kind"),
    [
        ("commission", {"skip_tests": True}, "commission"),
        ("commission", {"testing_scripts": ["memory"], "enable_ssh": True, "skip_networking": True}, "commission"),
        ("test", {"testing_scripts": ["ntp"], "script_parameters": {"storage": "sda"}}, "test"),
    ],
)
def test_options_reach_the_job(operator: Client, site: Site, verb: str, body: dict[str, object], kind: str) -> None:
    site.ready()
    made = operator.change(f"{API}/web-1/{verb}", body)
    assert made.status_code == 202 and (made.json()["kind"], made.json()["parameters"]) == (kind, body)


@pytest.mark.parametrize(("wished", "kind"), [(True, "full"), ("secure", "secure"), (False, None), ("none", None)])
def test_a_release_erases_as_wished(operator: Client, site: Site, wished: bool | str, kind: str | None) -> None:
    site.in_service()
    made = operator.change(f"{API}/web-1/release", {"erase": wished}).json()
    assert (made["kind"], made["parameters"].get("erase")) == ("erasure" if kind else "release", kind)


def test_what_is_wrong_is_named_at_its_place(operator: Client, site: Site) -> None:
    site.ready()
    assert operator.change(f"{API}/web-1/release", {"erase": "shred"}).status_code == 422
    assert pointers(operator.change(f"{API}/web-1/test", {"testing_scripts": ["none"]})) == {"/testing_scripts"}
    bulk = {"action": "test", "ids": [site.machine(site.ready("web-2")).id], "parameters": {"testing_scripts": ["a b"]}}
    assert pointers(operator.change(f"{API}/bulk", bulk)) == {"/parameters/testing_scripts/0"}


def test_many_machines_take_the_same_options(operator: Client, site: Site) -> None:
    ids = [site.machine(site.ready(name)).id for name in ("web-1", "web-2")]
    parameters = {"testing_scripts": ["ntp"], "enable_ssh": True}
    made = operator.change(f"{API}/bulk", {"action": "test", "ids": ids, "parameters": parameters}).json()
    assert made["parameters"] == parameters
    items = operator.get(f"/api/v1/bulk/{made['id']}").json()["items"]
    assert [site.job(item["job_id"]).parameters for item in items] == [parameters] * 2


def test_an_earlier_version_is_deployed_again(operator: Client, site: Site, tmp_path: Path) -> None:
    template = tmp_path / "library" / "plain" / "template.yaml"
    template.write_text(template.read_text() + "description: changed\n")
    templates.import_folder(site.use, tmp_path / "library", by="test")
    site.ready()
    job = lifecycle.deploy(site.use, "web-1", lifecycle.Plan("plain@2", {"greeting": "hi"}), by="ada")
    jobs.cancel(site.use, job.id, by="ada")
    site.settle()
    made = operator.change(f"{API}/web-1/redeploy", {})
    assert made.status_code == 202 and made.json()["parameters"] == {"template": "plain@1"}
    assert operator.change(f"{API}/web-1/redeploy", {"version": 1}).status_code == 409, "one is at work already"


def test_what_a_failed_script_means_stands_beside_its_output(viewer: Client, site: Site) -> None:
    system_id = site.ready()
    site.maas.test(system_id)
    site.region.report_script(system_id, "smartctl-validate", 1, "FAILURE: SMART tests have FAILED for: /dev/sda")
    (found,) = viewer.get(f"{API}/web-1/results?output=smartctl-validate").json()["items"]
    assert found["cause"]["name"] == "disk-failing" and "Replace the disk" in found["cause"]["next_action"]
    (passed,) = viewer.get(f"{API}/web-1/results?output=maas-lshw").json()["items"]
    assert passed["cause"] is None
