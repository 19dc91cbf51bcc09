"""The forms of a machine's page: options of commissioning, testing and releasing; redeploying."""

from pathlib import Path

import pytest

from gough.bootstrap import Application
from gough.domain.machine_options import ERASES
from gough.services import jobs, lifecycle, templates
from tests.integration.web.conftest import Client, serving
from tests.integration.web.portal_forms import send, words
from tests.support.site import Site


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


def newest(site: Site, system_id: str) -> tuple[str, dict[str, object]]:
    """(kind, parameters) of the machine's newest job, which is ended."""
    with site.database.read() as session:
        (job,) = jobs.newest(session, machine_id=site.machine(system_id).id, limit=1)
    jobs.cancel(site.use, job.id, by="ada")
    site.settle()
    site.clock.forward(seconds=1)
    return job.kind, job.parameters


def test_options_are_folded_away_and_reach_the_job(operator: Client, site: Site) -> None:
    system_id = site.ready()
    here = f"/machines/{site.machine(system_id).id}"
    page = operator.get(here)
    assert page.text.count("<summary>Options</summary>") == 2, "commission and test; a Ready machine is not released"
    assert "Without hardware tests" in words(page)
    assert send(operator, f"{here}/commission").status_code == 303
    assert newest(site, system_id) == ("commission", {})
    filled = {"skip_tests": "yes", "skip_bmc_config": "yes", "commissioning_scripts": "acme-raid, acme-nic"}
    assert send(operator, f"{here}/commission", **filled).status_code == 303
    assert newest(site, system_id) == (
        "commission",
        {"skip_tests": True, "skip_bmc_config": True, "commissioning_scripts": ["acme-raid", "acme-nic"]},
    )
    filled = {"testing_scripts": "ntp memory", "script_parameters": "storage=sda", "enable_ssh": "yes"}
    assert send(operator, f"{here}/test", **filled).status_code == 303
    assert newest(site, system_id) == (
        "test", {"testing_scripts": ["ntp", "memory"], "script_parameters": {"storage": "sda"}, "enable_ssh": True}
    )  # fmt: skip
    wrong = send(operator, f"{here}/test", testing_scripts="none")
    assert wrong.status_code == 422 and "cannot be asked" in words(wrong)


def test_a_release_says_what_each_way_of_erasing_means(operator: Client, site: Site) -> None:
    system_id, _ = site.in_service()
    site.clock.forward(seconds=1)
    here = f"/machines/{site.machine(system_id).id}"
    said = words(operator.get(here))
    for meaning in ERASES.values():
        assert meaning in said
    assert send(operator, f"{here}/release", erase="quick").status_code == 422, "the name was not typed"
    assert send(operator, f"{here}/release", confirm="web-1", erase="quick").status_code == 303
    kind, parameters = newest(site, system_id)
    assert (kind, parameters["erase"]) == ("erasure", "quick")
    assert send(operator, f"{here}/release", confirm="web-1", erase="none").status_code == 303
    assert newest(site, system_id)[0] == "release"


def test_an_earlier_version_is_deployed_again_once_the_name_is_typed(
    operator: Client, site: Site, tmp_path: Path
) -> None:
    template = tmp_path / "library" / "plain" / "template.yaml"
    template.write_text(template.read_text() + "description: changed\n")
    templates.import_folder(site.use, tmp_path / "library", by="test")
    system_id = site.ready()
    here = f"/machines/{site.machine(system_id).id}"
    lifecycle.deploy(site.use, system_id, lifecycle.Plan("plain@2"), by="ada")
    newest(site, system_id)
    assert "Redeploy plain@1…" in words(operator.get(here))
    assert send(operator, f"{here}/redeploy").status_code == 422
    assert send(operator, f"{here}/redeploy", confirm="web-1", version="one").status_code == 422
    assert send(operator, f"{here}/redeploy", confirm="web-1").status_code == 303
    assert newest(site, system_id) == ("deployment", {"template": "plain@1"})
