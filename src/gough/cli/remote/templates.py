"""Templates and their versions."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from gough.cli.remote.connecting import gough, plain
from gough.cloud_init import TemplateSource, Texts, discover, parse_texts
from gough.cloud_init.examine import problems_of
from gough.domain.errors import Invalid, Problem


def listed() -> list[dict[str, Any]]:
    return [plain(each) for each in gough().templates.list()]


def one(name: str) -> dict[str, Any]:
    return plain(gough().templates.get(name))


def versions(name: str) -> list[dict[str, Any]]:
    return [plain(each) for each in gough().templates.versions(name)]


def used(name: str) -> list[dict[str, Any]]:
    return [
        {"version": each.label, "deployments": each.deployments, "in_service": each.in_service, "others": each.others}
        for each in gough().templates.used(name)
    ]


def between(old: str, new: str) -> str:
    return gough().templates.diff(new, **{"from": old}).diff


def against(name: str, machine: str) -> str:
    return gough().templates.diff(name, machine=machine).diff


def render(name: str, machine: str, variables: Mapping[str, Any]) -> tuple[str, list[dict[str, str]]]:
    """The user-data with its secrets hidden, and what there is to say about it."""
    made = gough().templates.render(name, machine=machine, variables=dict(variables))
    said = [{"severity": f.severity, "at": f.pointer, "message": f.message} for f in made.findings]
    return made.user_data, said


def revert(version: str) -> str:
    name, _, number = version.partition("@")
    if not number.isdecimal():
        raise Invalid(f"'{version}' is not a template version.", hint="Write it like docker-host@2.")
    return gough().templates.revert(name, version=int(number)).label


def import_folder(folder: Path) -> list[tuple[str, bool]]:
    """The label of each, and whether that is a new version. All are examined here before the first is sent."""
    found = discover(folder, cache(_on_the_server))
    problems = [Problem(f"{s.name}: {each.pointer}", each.message) for s in found for each in problems_of(s)]
    if problems:
        raise Invalid("Some templates cannot be used.", problems=problems)
    known = {each.label for each in gough().templates.list()}
    return [(label := _send(source.texts), label not in known) for source in found]


def _send(texts: Texts) -> str:
    return gough().templates.create(
        metadata=texts.metadata, body=texts.body, parts=dict(texts.parts), tests=texts.tests
    ).label  # fmt: skip


def _on_the_server(name: str) -> TemplateSource:
    """Raises NotFound."""
    whole = gough().templates.get(name)
    texts = Texts(whole.metadata, whole.body, whole.own_parts, whole.tests)
    return parse_texts(texts, _on_the_server)
