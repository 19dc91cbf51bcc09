"""What changes between versions of templates, and between a version and what a machine runs."""

from collections.abc import Iterator, Mapping
from difflib import unified_diff

import orjson
from sqlalchemy.orm import Session

from gough.cloud_init import TemplateSource
from gough.cloud_init.inheritance import BODY
from gough.cloud_init.metadata import METADATA
from gough.cloud_init.readable import readable
from gough.domain.errors import Conflict
from gough.persistence.models import Machine
from gough.services import machines, templates
from gough.services.context import Use
from gough.services.delivering import preview
from gough.services.template_history import running


def between(session: Session, old: str, new: str) -> str:
    """The unified diff of every file of both, inherited ones too; empty where nothing differs.

    Raises NotFound or Invalid.
    """
    labels = [templates.find_version(session, reference) for reference in (old, new)]
    before, after = (_files(templates.source_of(version)) for version in labels)
    names = sorted(before.keys() | after.keys())
    pieces = (
        _diff(before.get(name, ""), after.get(name, ""), f"{labels[0].label}/{name}", f"{labels[1].label}/{name}")
        for name in names
    )
    return "".join(pieces)


def against_machine(use: Use, reference: str, name: str) -> str:
    """How the machine's user-data would change with this version and the values it was deployed with, redacted.

    Raises NotFound, Invalid (the values no longer fit), Conflict (the machine runs nothing of Gough's), Misconfigured.
    """
    with use.database.read() as session:
        machine = machines.find(session, name)
        version = templates.find_version(session, reference)
        label, source = version.label, templates.source_of(version)
        deployment = running(session, machine)
        if deployment is None or deployment.template_version_id is None or not deployment.user_data_redacted:
            raise Conflict(f"{machine.hostname} runs nothing that Gough has deployed.", hint="Compare two versions.")
        now = templates.label_of(session, deployment)
        runs, values = deployment.user_data_redacted, _values(use, deployment.variables_sealed, source)
    made = preview(use, machine, source, values)
    return _diff(readable(runs), readable(made.redacted), f"{_on(machine, now)}", f"{_on(machine, label)}")


def _values(use: Use, sealed: str, source: TemplateSource) -> Mapping[str, object]:
    """The values of a deployment, as far as this version still asks for them."""
    asked = {variable.name for variable in source.variables}
    given: dict[str, object] = orjson.loads(use.sealer.open_text(sealed))
    return {name: value for name, value in given.items() if name in asked}


def _files(source: TemplateSource) -> dict[str, str]:
    """{path: text} of the template and, below their names, of what it extends."""
    found = dict(_own_files(source))
    for ancestor in source.ancestors:
        found |= {f"{ancestor.name}/{path}": text for path, text in _own_files(ancestor)}
    return found


def _own_files(source: TemplateSource) -> Iterator[tuple[str, str]]:
    yield METADATA, source.texts.metadata
    if source.texts.body is not None:
        yield BODY, source.texts.body
    yield from ((f"parts/{name}.yaml", text) for name, text in source.texts.parts.items())


def _on(machine: Machine, label: str) -> str:
    return f"{machine.hostname}: {label}"


def _diff(old: str, new: str, old_name: str, new_name: str) -> str:
    lines = unified_diff(old.splitlines(), new.splitlines(), old_name, new_name, lineterm="")
    return "".join(f"{line}\n" for line in lines)
