"""Going back to an older version of the template that a machine was deployed from."""

from pathlib import Path

import orjson
import pytest

from gough.domain.deploy_options import DeployOptions
from gough.domain.errors import Conflict, GoughError, Invalid, NotFound
from gough.domain.machine_status import MachineStatus
from gough.persistence.models import Deployment, TemplateVersion
from gough.services import lifecycle, redeploy, templates
from tests.support.site import Site

SECRET = "correct horse battery"


@pytest.fixture
def versions(site: Site, tmp_path: Path) -> Path:
    """plain@2 asks for a secret more and has another default; plain@3 is like it."""
    folder = tmp_path / "library" / "plain"
    for default in ("hallo", "salut"):
        (folder / "template.yaml").write_text(
            f"name: plain\nvariables:\n  - {{name: greeting, default: {default}}}\n"
            "  - {name: key, type: secret, required: true}\n"
        )
        templates.import_folder(site.use, folder.parent, by="test")
    return folder


def deployed(site: Site, template: str, **values: str) -> str:
    system_id = site.ready()
    lifecycle.deploy(site.use, system_id, lifecycle.Plan(template, values), by="ada")
    site.settle()
    site.comes_up(system_id)
    site.settle()
    return system_id


def given_back(site: Site, system_id: str) -> None:
    lifecycle.release(site.use, system_id, by="ada")
    site.settle()
    site.until(system_id, MachineStatus.READY)
    site.settle()


def asked_for(site: Site, job_id: str) -> tuple[str, dict[str, object]]:
    """(version, values) of a deployment."""
    with site.database.read() as session:
        found = session.query(Deployment).filter(Deployment.job_id == job_id).one()
        version = session.get_one(TemplateVersion, found.template_version_id)
        return version.label, orjson.loads(site.use.sealer.open_text(found.variables_sealed))


def refusal(error: pytest.ExceptionInfo[GoughError]) -> str:
    return f"{error.value} {error.value.hint} {error.value.problems}"


def test_the_version_before_is_deployed_with_the_same_variables_once_the_machine_is_free(
    site: Site, versions: Path
) -> None:
    system_id = deployed(site, "plain@3", greeting="hi", key=SECRET)
    with pytest.raises(Conflict) as held:
        redeploy.redeploy(site.use, "web-1", by="ada")
    assert "gough machine release web-1 --confirm web-1" in refusal(held) and "keeps its variables" in refusal(held)
    given_back(site, system_id)
    job = redeploy.redeploy(site.use, "web-1", by="ada")
    assert asked_for(site, job.id) == ("plain@2", {"greeting": "hi", "key": SECRET})
    assert SECRET not in str(job.parameters)
    site.settle()
    assert site.region.status(system_id) is MachineStatus.DEPLOYING


def test_what_was_left_to_the_template_is_left_to_the_older_version_and_what_it_does_not_know_is_left_out(
    site: Site, versions: Path
) -> None:
    given_back(site, deployed(site, "plain@3", key=SECRET))
    job = redeploy.redeploy(site.use, "web-1", by="ada", number=1)
    assert asked_for(site, job.id) == ("plain@1", {"greeting": "hello"})


def test_maas_own_choices_and_a_chosen_release_stay(site: Site, versions: Path) -> None:
    system_id = site.ready()
    options = DeployOptions(storage_layout="lvm", tags=("gpu",))
    plan = lifecycle.Plan("plain@3", {"key": SECRET}, "jammy", options)
    lifecycle.deploy(site.use, system_id, plan, by="ada")
    with site.database.read() as session:
        again = redeploy.plan_of(site.use, session, site.machine(system_id))
    assert (again.template, again.series, again.options) == ("plain@2", "ubuntu/jammy", options)


def test_there_is_nothing_to_go_back_to(site: Site, versions: Path) -> None:
    system_id = deployed(site, "plain@1")
    with pytest.raises(Conflict, match="the first version"):
        redeploy.redeploy(site.use, system_id, by="ada")
    with pytest.raises(NotFound) as unknown:
        redeploy.redeploy(site.use, system_id, by="ada", number=9)
    assert "plain@9" in refusal(unknown) and "gough template versions plain" in refusal(unknown)
    with pytest.raises(Conflict, match="not deployed from a template"):
        redeploy.redeploy(site.use, site.ready("web-2"), by="ada")


def test_variables_that_no_longer_fit_are_named_without_their_values(site: Site, versions: Path) -> None:
    (versions / "template.yaml").write_text(
        "name: plain\nvariables:\n  - {name: greeting, maximum: 3}\n  - {name: owner, required: true}\n"
    )
    templates.import_folder(site.use, versions.parent, by="test")
    given_back(site, deployed(site, "plain@3", greeting="good morning", key=SECRET))
    with pytest.raises(Invalid) as caught:
        redeploy.redeploy(site.use, "web-1", by="ada", number=4)
    assert {problem.pointer for problem in caught.value.problems} == {"/variables/greeting", "/variables/owner"}
    assert "good morning" not in refusal(caught) and SECRET not in refusal(caught)
    assert "gough machine deploy web-1 plain@4" in refusal(caught)


def test_a_page_is_told_what_would_be_deployed_or_why_not(site: Site, versions: Path) -> None:
    system_id = deployed(site, "plain@3", key=SECRET)
    with site.database.read() as session:
        held = redeploy.offered(site.use, session, site.machine(system_id))
    assert held.label == "plain@2" and "must be released" in held.why_not
    given_back(site, system_id)
    with site.database.read() as session:
        assert redeploy.offered(site.use, session, site.machine(system_id)) == redeploy.Back("plain@2")
