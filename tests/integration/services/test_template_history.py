"""Where versions are at work, what came before them, and what would change."""

from pathlib import Path

import pytest

from gough.domain.errors import Conflict
from gough.domain.machine_status import MachineStatus
from gough.services import jobs, lifecycle, template_diff, template_editing, templates
from gough.services.template_history import previous_version, running, used
from tests.support.site import Site


@pytest.fixture
def second(site: Site, tmp_path: Path) -> None:
    """The site's template in a second version, with a file and a secret."""
    folder = tmp_path / "library" / "plain"
    (folder / "template.yaml").write_text(
        "name: plain\nvariables:\n  - {name: greeting, default: hello}\n  - {name: key, type: secret}\n"
    )
    body = (folder / "user-data.yaml").read_text()
    file = 'write_files:\n  - {path: /etc/motd, content: "{{ greeting }} {{ key }}"}\n'
    (folder / "user-data.yaml").write_text(body + file)
    templates.import_folder(site.use, folder.parent, by="test")


def label(site: Site, system_id: str) -> str:
    with site.database.read() as session:
        return previous_version(session, site.machine(system_id)).label


def given_back(site: Site, system_id: str) -> None:
    lifecycle.release(site.use, system_id, by="ada")
    site.settle()
    site.until(system_id, MachineStatus.READY)
    site.settle()


def test_the_version_before_the_one_that_runs(site: Site, second: None) -> None:
    system_id, _ = site.in_service()
    assert label(site, system_id) == "plain@1"
    template_editing.revert(site.use, "plain@1", by="ada")
    assert label(site, system_id) == "plain@1"  # a newer version changes nothing about what runs


def test_there_is_none_before_the_first_or_where_nothing_runs(site: Site) -> None:
    ready = site.ready("web-2")
    with pytest.raises(Conflict, match="runs no version"):
        label(site, ready)
    system_id, _ = site.in_service()
    with pytest.raises(Conflict, match="the first version"):
        label(site, system_id)
    given_back(site, system_id)
    with site.database.read() as session:
        assert running(session, site.machine(system_id)) is None


def test_what_runs_is_what_was_installed_last(site: Site, second: None) -> None:
    system_id = site.ready()
    for version in ("plain@1", "plain@2"):
        job = lifecycle.deploy(site.use, system_id, lifecycle.Plan(version), by="ada")
        site.settle()
        site.powered(system_id, "on")
        site.boots_installed(system_id)
        site.poll()
        with site.database.read() as session:
            deployment = running(session, site.machine(system_id))
            assert deployment is not None and templates.label_of(session, deployment) == version
        jobs.cancel(site.use, job.id, by="ada")
        site.settle()
        given_back(site, system_id)


def test_what_somebody_else_deploys_is_no_version_of_ours(site: Site) -> None:
    system_id, _ = site.in_service()
    given_back(site, system_id)
    site.maas.allocate(system_id, agent_name="theirs", comment="mine")
    site.poll()
    with site.database.read() as session:
        assert running(session, site.machine(system_id)) is None
        assert [usage.in_service + usage.others for usage in used(session, "plain")] == [[]]


def test_what_was_only_asked_for_does_not_run(site: Site) -> None:
    system_id, _ = site.requested()
    with site.database.read() as session:
        assert running(session, site.machine(system_id)) is None
        assert [(usage.deployments, usage.in_service, usage.others) for usage in used(session, "plain")] == [
            (1, [], [])
        ]


def test_where_versions_are_at_work(site: Site, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    site.in_service("web-1")
    request.getfixturevalue("second")
    system_id, _ = site.deploying("web-2")
    held = site.installs(system_id)
    site.first_boot(held)
    site.beats(site.enrols(held, "another key"), 1, "another key")
    site.settle()
    site.deploying("web-3")
    with site.database.read() as session:
        found = [(u.version.label, u.deployments, u.in_service, u.others) for u in used(session, "plain")]
    assert found == [("plain@2", 2, ["web-2"], ["web-3"]), ("plain@1", 1, ["web-1"], [])]


def test_two_versions_differ_in_their_files(site: Site, second: None) -> None:
    with site.database.read() as session:
        said = template_diff.between(session, "plain@1", "plain@2")
        assert template_diff.between(session, "plain@2", "plain") == ""
    assert "--- plain@1/template.yaml\n+++ plain@2/template.yaml\n" in said
    assert "+  - {name: key, type: secret}\n" in said and "+write_files:\n" in said


def test_a_version_against_what_a_machine_runs(site: Site, second: None) -> None:
    system_id = site.ready()
    values = {"key": "correct horse battery"}
    lifecycle.deploy(site.use, system_id, lifecycle.Plan("plain", values), by="ada")
    site.settle()
    site.comes_up(system_id)
    site.settle()
    assert template_diff.against_machine(site.use, "plain@2", "web-1") == ""
    said = template_diff.against_machine(site.use, "plain@1", "web-1")
    assert "--- web-1: plain@2\n+++ web-1: plain@1\n" in said
    assert "-    hello ***\n" in said and "correct horse" not in said
