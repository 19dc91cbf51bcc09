"""`gough template …`: what is printed, and the exit codes."""

import json
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Gough
from tests.support.site import Site


@pytest.fixture
def second(gough: Gough, tmp_path: Path) -> None:
    body = tmp_path / "library" / "plain" / "user-data.yaml"
    body.write_text(body.read_text() + "package_update: true\n")
    assert gough("template", "import", str(tmp_path / "library")).out == "plain@2\n"


def test_a_version_is_shown_with_its_parts(gough: Gough, tmp_path: Path) -> None:
    heir = tmp_path / "more" / "heir"
    heir.mkdir(parents=True)
    (heir / "template.yaml").write_text(
        "name: heir\nextends: [plain]\nvariables:\n  - {name: key, type: secret, required_when: {greeting: hi}}\n"
    )
    assert gough("template", "import", str(heir.parent)).out == "heir@1\n"
    shown = gough("template", "show", "heir").out
    assert "Composed of plain@1" in shown and "if greeting is hi" in shown and "# ---- plain/user-data.yaml" in shown
    found = json.loads(gough("template", "show", "heir@1", "-o", "json").out)
    assert [variable["name"] for variable in found["variables"]] == ["greeting", "key"]


def test_versions_and_what_is_between_them(gough: Gough, second: None) -> None:
    assert "+package_update: true" in gough("template", "diff", "plain@1", "plain@2").out
    assert gough("template", "revert", "plain@1").out == "plain@3\n"
    rows = json.loads(gough("template", "versions", "plain", "-o", "json").out)
    assert [(row["version"], row["note"]) for row in rows] == [
        ("plain@3", "reverted to plain@1"),
        ("plain@2", ""),
        ("plain@1", ""),
    ]
    assert gough("template", "diff", "plain@1").code == 2


def test_a_machine_is_compared_rendered_for_and_counted(gough: Gough, site: Site, second: None) -> None:
    site.in_service()
    assert gough("template", "diff", "plain", "--machine", "web-1").out == ""
    assert "-package_update: true" in gough("template", "diff", "plain@1", "-m", "web-1").out
    rendered = gough("template", "render", "plain", "-m", "web-1", "-v", "greeting=welcome").out
    assert "final_message: welcome" in rendered and "enrolment-token-of-a-preview" not in rendered
    used = json.loads(gough("template", "used", "plain", "-o", "json").out)
    assert [(row["version"], row["in_service"]) for row in used] == [("plain@2", ["web-1"]), ("plain@1", [])]


def test_a_folder_is_checked_without_a_server(gough: Gough, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "template.yaml").write_text("name: mine\nextends: [base-server]\n")
    assert gough("template", "validate", str(mine)).out.startswith("mine can be used: ")
    (mine / "user-data.yaml").write_text("phone_home: {url: 'https://example.net/'}\npassword: hunter2\n")
    told = gough("template", "validate", str(mine), "-o", "json")
    assert told.code == 1
    assert [(row["severity"], row["at"]) for row in json.loads(told.out)] == [
        ("warning", "line 1, column 13"),
        ("error", "line 2, column 11"),
    ]
    (mine / "template.yaml").write_text("name: mine\nextends: [nothing]\n")
    unreadable = gough("template", "validate", str(mine))
    assert unreadable.code == 2 and "template.yaml, line 2, column 11" in unreadable.err
