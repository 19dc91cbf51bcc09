"""The template library: every change a new version, and nothing else one."""

from pathlib import Path

import pytest

from gough.domain.errors import Invalid, NotFound
from gough.services import templates
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
