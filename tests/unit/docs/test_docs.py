"""Documents against the code they tell of."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from gough.cli.main import app
from gough.config import Settings
from tests.unit.docs.pages import PAGES, ROOT, anchors, commands, first_column, links, name_of, paths
from tools import generate_docs

TEXTS = {name_of(page): page.read_text(encoding="utf-8") for page in PAGES}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
SCREENSHOTS = {"docs/images/machines.png", "docs/images/machine.png"}
NAMED_HOSTS = {"keepachangelog.com", "semver.org"}
FORBIDDEN = {
    "left for later": r"\b(TODO|FIXME|XXX|TBD)\b",
    "boasting": r"(?i)\b(blazing\w*|seamless\w*|world-class|state-of-the-art|cutting-edge|effortless\w*|leverag\w+)\b",
    "making it sound easy": r"(?i)\b(simply|obviously|trivially|of course)\b",
    "an issue's number": r"(?<![\w&/])#\d+\b",
    "somebody's own folder": r"(?<![\w.])/(home|root|Users|mnt|tmp)/",
}


def project(path: str = "pyproject.toml") -> dict[str, Any]:
    return tomllib.loads((ROOT / path).read_text(encoding="utf-8"))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=!~\[ ]", requirement)[0] for requirement in requirements}


def lines(found: dict[str, str], program: str) -> list[tuple[str, str]]:
    return sorted({(page, line) for page, text in found.items() for line in commands(text, program)})


# Generated parts


def test_generated_parts_are_what_the_code_says_now() -> None:
    outdated = [name_of(path) for path in generate_docs.stale()]
    assert not outdated, f"run `make docs`: {outdated}"


def test_a_change_between_the_markers_is_noticed() -> None:
    text = TEXTS["docs/diagnosis.md"]
    assert generate_docs.put(text, "faults", "| other |") != text


@pytest.mark.parametrize("text", ["", "<!-- generated: a --><!-- end: a -->" * 2])
def test_a_document_without_one_place_for_a_part_is_refused(text: str) -> None:
    with pytest.raises(generate_docs.MarkerMissing):
        generate_docs.put(text, "a", "content")


# Settings and dependencies


def test_every_setting_is_documented_and_in_the_example() -> None:
    settings = {field.alias for field in Settings.model_fields.values()}
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert first_column(TEXTS["docs/operations.md"], "Settings") == settings
    assert set(re.findall(r"^#([A-Z_]+)=", example, re.MULTILINE)) == settings


@pytest.mark.parametrize(
    ("heading", "declared"),
    [
        ("Runtime", names(project()["project"]["dependencies"])),
        ("Agent", names(project("agent/pyproject.toml")["project"]["dependencies"])),
        ("Development", names(project()["dependency-groups"]["dev"])),
        ("Generator of clients", names((ROOT / "requirements" / "generator.in").read_text(encoding="utf-8").split())),
        ("Ansible", names((ROOT / "requirements" / "ansible-lint.in").read_text(encoding="utf-8").split())),
        ("Portal", set(json.loads((ROOT / "portal" / "package.json").read_text(encoding="utf-8"))["dependencies"])),
        ("Build", names((ROOT / "requirements" / "build.in").read_text(encoding="utf-8").split())),
    ],
)
def test_every_dependency_has_a_reason_and_every_reason_a_dependency(heading: str, declared: set[str]) -> None:
    assert first_column(TEXTS["docs/dependencies.md"], heading) == declared


# Commands


@pytest.mark.parametrize(("page", "line"), lines(TEXTS, "make"))
def test_make_targets_exist(page: str, line: str) -> None:
    target = shlex.split(line)[1]
    assert target in TARGETS, f"{page}: {line}"


@pytest.mark.parametrize(("page", "line"), lines(TEXTS, "gough"))
def test_command_lines_are_ones_that_gough_takes(page: str, line: str) -> None:
    """Every word that could be a subcommand is one; every option exists."""
    command: Any = get_command(app)
    words = shlex.split(line)[1:]
    if words[:1] in (["--context"], ["--url"]):
        words = words[2:]
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        assert words[0] in command.commands, f"{page}: {line}"
        command = command.commands[words.pop(0)]
    known = {"-h", "--help"} | {option for parameter in command.params for option in parameter.opts}
    options = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    assert options <= known, f"{page}: {line}"


def test_commands_are_found_where_they_stand() -> None:
    text = "Try `gough machine why NAME`.\n\n    $ gough lab --speed 2   # fast\n    not gough\n\nA gough in prose.\n"
    assert list(commands(text, "gough")) == ["gough lab --speed 2", "gough machine why NAME"]


def test_every_command_is_documented() -> None:
    groups: Any = get_command(app)
    text = TEXTS["docs/operations.md"]
    for name, command in groups.commands.items():
        assert f"`gough {name}`" in text, name
        row = next((line for line in text.splitlines() if line.startswith(f"| `gough {name}` |")), "")
        assert set(re.findall(r"`([\w-]+)`", row)) == set(getattr(command, "commands", {})), name


# Links, paths and words


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_and_folders_that_are_named_are_there(page: Path) -> None:
    missing = [path for path in paths(TEXTS[name_of(page)]) if not (ROOT / path).exists()]
    assert missing == []


def test_paths_are_found_between_backticks() -> None:
    text = "See `src/gough/cli` and `tests/none.py`, not `GET /api`, `docs/*.md`, nor src/bare.py.\n"
    assert list(paths(text)) == ["src/gough/cli", "tests/none.py"]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(TEXTS[name_of(page)]):
        if (host := re.match(r"https?://([^/]+)", link)) is not None:
            assert host[1] in NAMED_HOSTS, link
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if str(target.relative_to(ROOT)) in SCREENSHOTS:
            continue
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_words_that_have_no_place_here(page: Path) -> None:
    for what, pattern in FORBIDDEN.items():
        found = re.search(pattern, TEXTS[name_of(page)])
        assert found is None, f"{what}: {found[0] if found else ''}"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        found = {(page.parent / link.partition("#")[0]).resolve() for link in links(page.read_text(encoding="utf-8"))}
        waiting += [target for target in found - reached if target.suffix == ".md" and target.is_file()]
    assert {name_of(page) for page in PAGES} == {name_of(page) for page in reached}
