"""Templates and their versions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gough.cli import embedded
from gough.services import delivering, machines, template_diff, template_editing, template_history, templates
from gough.services.template_shape import details, summary


def listed() -> list[dict[str, Any]]:
    with embedded.use().database.read() as session:
        return [summary(version) for version in templates.newest_versions(session)]


def one(name: str) -> dict[str, Any]:
    with embedded.use().database.read() as session:
        return details(templates.find_version(session, name))


def versions(name: str) -> list[dict[str, Any]]:
    with embedded.use().database.read() as session:
        return [summary(version) for version in templates.versions(session, name)]


def used(name: str) -> list[dict[str, Any]]:
    with embedded.use().database.read() as session:
        return [
            {"version": each.version.label, "deployments": each.deployments, "in_service": each.in_service,
             "others": each.others}
            for each in template_history.used(session, name)
        ]  # fmt: skip


def between(old: str, new: str) -> str:
    with embedded.use().database.read() as session:
        return template_diff.between(session, old, new)


def against(name: str, machine: str) -> str:
    return template_diff.against_machine(embedded.use(), name, machine)


def render(name: str, machine: str, variables: Mapping[str, Any]) -> tuple[str, list[dict[str, str]]]:
    """The user-data with its secrets hidden, and what there is to say about it."""
    with embedded.use().database.read() as session:
        found = machines.find(session, machine)
        source = templates.source_of(templates.find_version(session, name))
    made = delivering.preview(embedded.use(), found, source, variables)
    said = [{"severity": f.severity.value, "at": str(f.mark), "message": f.message} for f in made.findings]
    return made.redacted, said


def revert(version: str) -> str:
    return template_editing.revert(embedded.use(), version, by=embedded.me()).label


def import_folder(folder: Path) -> list[tuple[str, bool]]:
    """The label of each, and whether that is a new version."""
    return [(each.label, each.is_new) for each in templates.import_folder(embedded.use(), folder, by=embedded.me())]
