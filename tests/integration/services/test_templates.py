"""The template library: every change a new version, and nothing else one."""

from dataclasses import replace
from pathlib import Path

import pytest

from gough.cloud_init import Texts
from gough.domain.errors import Conflict, Invalid, NotFound
from gough.services import template_editing, templates
from gough.services.templates import Imported
from tests.support.site import Site

# What is decided here does not depend on the database; jobs, sync and crashes run on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The site's own library, with its one template."""
    return tmp_path / "library"


def import_again(site: Site, folder: Path) -> list[tuple[str, bool]]:
    return [(made.label, made.is_new) for made in templates.import_library(site.use, folder, by="test")]


def test_importing_twice_adds_nothing(site: Site, folder: Path) -> None:
    assert import_again(site, folder) == import_again(site, folder) == [("plain@1", False)]


def test_a_change_of_body_or_questions_adds_a_version_and_keeps_the_old_one(site: Site, folder: Path) -> None:
    body, asks = folder / "plain" / "user-data.yaml", folder / "plain" / "template.yaml"
    before = body.read_text()
    body.write_text(before + "package_update: true\n")
    assert import_again(site, folder) == [("plain@2", True)]
    asks.write_text(asks.read_text().replace("hello", "goodbye"))
    assert import_again(site, folder) == [("plain@3", True)]
    with site.database.read() as session:
        assert templates.find_version(session, "plain").label == "plain@3"
        assert templates.find_version(session, "plain@1").body_text == before
        assert [version.label for version in templates.newest_versions(session)] == ["plain@3"]
        for name in ("plain@4", "none"):
            with pytest.raises(NotFound):
                templates.find_version(session, name)
        with pytest.raises(Invalid):
            templates.find_version(session, "plain@x")


def test_one_bad_template_stops_the_whole_import_and_is_named(site: Site, folder: Path) -> None:
    (folder / "broken").mkdir()
    (folder / "broken" / "template.yaml").write_text("name: broken\n")
    (folder / "broken" / "user-data.yaml").write_text("#cloud-config\nruncmd: [\n")
    (folder / "plain" / "user-data.yaml").write_text("#cloud-config\npackage_update: true\n")
    with pytest.raises(Invalid) as caught:
        templates.import_library(site.use, folder, by="test")
    assert all("broken" in problem.pointer for problem in caught.value.problems)
    with site.database.read() as session:
        assert templates.find_version(session, "plain").label == "plain@1"


def test_the_library_that_ships_can_be_imported(site: Site) -> None:
    shipped = Path(__file__).parents[3] / "cloud-init" / "templates"
    made = import_again(site, shipped)
    assert ("base-server@1", True) in made and all(is_new for _, is_new in made)
    assert all(not is_new for _, is_new in import_again(site, shipped))


def test_a_version_stays_what_it_was_composed_of(site: Site, folder: Path) -> None:
    (folder / "heir").mkdir()
    (folder / "heir" / "template.yaml").write_text("name: heir\nextends: [plain]\n")
    assert ("heir@1", True) in import_again(site, folder)
    body = folder / "plain" / "user-data.yaml"
    body.write_text(body.read_text() + "package_update: true\n")
    assert import_again(site, folder) == [("plain@2", True), ("heir@2", True)]
    with site.database.read() as session:
        first, second = (templates.find_version(session, f"heir@{number}") for number in (1, 2))
        assert [(each["name"], each["number"]) for each in first.ancestors + second.ancestors] == [
            ("plain", 1),
            ("plain", 2),
        ]
        assert "package_update" not in templates.source_of(first).parts[0].text
        assert "package_update" in templates.source_of(second).parts[0].text
        assert templates.source_of(first).checksum == first.checksum


def test_the_library_does_not_undo_a_revert_but_a_person_may(site: Site, folder: Path) -> None:
    body = folder / "plain" / "user-data.yaml"
    old = body.read_text()
    body.write_text(old + "package_update: true\n")
    assert import_again(site, folder) == [("plain@2", True)]
    assert template_editing.revert(site.use, "plain@1", by="ada") == Imported("plain@3", is_new=True)
    assert import_again(site, folder) == [("plain@2", False)]
    with site.database.read() as session:
        newest = templates.find_version(session, "plain")
        assert (newest.number, newest.body_text, newest.created_by) == (3, old, "ada")
        assert newest.note == "reverted to plain@1"
    assert templates.import_folder(site.use, folder, by="ada") == [Imported("plain@4", is_new=True)]
    assert templates.import_folder(site.use, folder, by="ada") == [Imported("plain@4", is_new=False)]


def test_reverting_needs_an_earlier_version_with_other_content(site: Site) -> None:
    for reference, error in (("plain@1", Conflict), ("plain", Invalid), ("plain@9", NotFound)):
        with pytest.raises(error):
            template_editing.revert(site.use, reference, by="ada")


def test_a_person_imports_only_what_could_be_deployed(site: Site, folder: Path) -> None:
    (folder / "plain" / "user-data.yaml").write_text("#cloud-config\npassword: hunter2\n")
    with pytest.raises(Invalid) as caught:
        templates.import_folder(site.use, folder, by="ada")
    (problem,) = caught.value.problems
    assert problem.pointer == "plain: line 2, column 11"


def test_a_template_made_over_the_service(site: Site) -> None:
    texts = Texts("name: web\nextends: [plain]\nparts: [more]\n", None, {"more": "package_update: true\n"})
    assert template_editing.create(site.use, texts, by="ada") == Imported("web@1", is_new=True)
    assert template_editing.create(site.use, texts, by="bob") == Imported("web@1", is_new=False)
    with site.database.read() as session:
        source = templates.source_of(templates.find_version(session, "web"))
    assert source.texts == texts and [part.name for part in source.parts] == ["plain", "more"]
    with pytest.raises(Invalid) as caught:
        template_editing.create(site.use, replace(texts, parts={"more": "runcmd: {}\n"}), by="ada")
    assert [problem.pointer for problem in caught.value.problems] == ["parts/more.yaml, line 1, column 9"]
