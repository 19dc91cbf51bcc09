"""Deploying: choose a template, fill in its variables, look at what will be sent, confirm. Plain forms throughout."""

from collections.abc import Mapping
from typing import Any

from gough.cloud_init import Prepared, TemplateSource
from gough.domain.errors import Conflict, GoughError, Invalid, NotFound
from gough.domain.permissions import Permission
from gough.domain.variables import Variable, VariableType
from gough.persistence.models import Machine
from gough.services import delivering, lifecycle, machines, templates
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal.page import page
from gough.web.problem import trouble_of

ASKING: tuple[type[GoughError], ...] = (NotFound, Conflict, Invalid)
PREFIX = "v."


@operation(
    "GET /machines/<name>/deploy", permission=Permission.DEPLOY, summary="Choose a template, then its variables.",
    raises=ASKING, is_page=True,
)  # fmt: skip
def choose(request: Request, name: str) -> Answer:
    wanted = request.query.get("template", "")
    with request.use.database.read() as session:
        machine = lifecycle.deployable(session, name)  # said before a form is filled in
        if not wanted:
            known = [(v, templates.source_of(v)) for v in templates.newest_versions(session)]
            return page(request, "deploy_choose.html", machine=machine, known=known)
        version = templates.find_version(session, wanted)
        return _form(request, machine, version.label, templates.source_of(version), {})


@operation(
    "POST /machines/<name>/deploy", permission=Permission.DEPLOY, summary="Look at what will be sent, or deploy.",
    raises=ASKING, is_page=True,
)  # fmt: skip
def deploy(request: Request, name: str) -> Answer:
    wanted = request.form.get("template", "")
    with request.use.database.read() as session:
        machine = machines.find(session, name)
        version = templates.find_version(session, wanted)
        label, source = version.label, templates.source_of(version)
    given = {k.removeprefix(PREFIX): v for k, v in request.form.items() if k.startswith(PREFIX)}
    values = {name: value for name, value in given.items() if value.strip()}
    try:
        if request.form.get("step") == "deploy":
            lifecycle.deploy(request.use, machine.id, lifecycle.Plan(label, values), by=request.by)
            return redirect(f"/machines/{machine.id}")
        preview = delivering.preview(request.use, machine, source, values)
    except (Invalid, Conflict) as error:
        return _form(request, machine, label, source, given, error=error)
    return _form(request, machine, label, source, given, preview=preview)


def _form(
    request: Request, machine: Machine, label: str, source: TemplateSource, given: Mapping[str, str], *,
    error: GoughError | None = None, preview: Prepared | None = None,
) -> Answer:  # fmt: skip
    trouble = trouble_of(error) if error else None
    pointers = {f"/variables/{v.name}": v.name for v in source.variables}
    problems = trouble.problems if trouble else ()
    faults = {pointers[p.pointer]: p.message for p in problems if p.pointer in pointers}
    return page(
        request, "deploy.html", status=trouble.status if trouble else 200, machine=machine, label=label, source=source,
        fields=[_field(v, given, faults) for v in source.variables], trouble=trouble, preview=preview,
        other_problems=[p for p in problems if p.pointer not in pointers],
    )  # fmt: skip


def _field(variable: Variable, given: Mapping[str, str], faults: Mapping[str, str]) -> dict[str, Any]:
    """How a variable is asked for. What was typed is shown again, right or wrong."""
    shown = given[variable.name] if variable.name in given else _text(variable.default)
    return {
        "name": PREFIX + variable.name, "label": variable.name.replace("_", " "), "type": variable.type.value,
        "description": variable.description, "value": shown, "required": variable.required,
        "choices": variable.choices, "minimum": variable.minimum, "maximum": variable.maximum,
        "fault": faults.get(variable.name, ""),
        "several": variable.type in (VariableType.LIST, VariableType.SSH_KEY),
    }  # fmt: skip


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "\n".join(str(item) for item in value) if isinstance(value, tuple) else str(value)
