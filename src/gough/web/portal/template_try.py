"""Trying a version: the user-data that a machine would get. Nothing is stored or sent."""

from gough.cloud_init import Prepared, TemplateSource
from gough.domain.errors import Conflict, GoughError, Invalid, Misconfigured, NotFound, Problem
from gough.domain.permissions import Permission
from gough.persistence.models import Machine
from gough.services import delivering, machines, templates
from gough.services.known_values import known_values
from gough.web.message import Answer, Request
from gough.web.operation import operation
from gough.web.portal.page import page
from gough.web.portal.plans import NOTHING, Typed, complaint_of, typed, variable_fields

ASKING: tuple[type[GoughError], ...] = (NotFound, Invalid, Conflict, Misconfigured)


@operation(
    "GET /templates/<name>/try", permission=Permission.DEPLOY, summary="The form: a machine and values.",
    raises=(NotFound, Invalid), is_page=True,
)  # fmt: skip
def ask(request: Request, name: str) -> Answer:
    label, source = _version(request, name)
    return _form(request, label, source, request.query.get("machine", ""), NOTHING)


@operation(
    "POST /templates/<name>/try", permission=Permission.DEPLOY, summary="The user-data, secrets hidden.",
    raises=ASKING, is_page=True,
)  # fmt: skip
def attempt(request: Request, name: str) -> Answer:
    label, source = _version(request, name)
    wanted, given = request.form.get("machine", "").strip(), typed(request.form)
    values = {name: text for name, text in given.variables.items() if text.strip()}
    try:
        made = delivering.preview(request.use, _machine(request, wanted), source, values)
    except ASKING as error:
        return _form(request, label, source, wanted, given, error=error)
    return _form(request, label, source, wanted, given, made=made)


def _version(request: Request, name: str) -> tuple[str, TemplateSource]:
    with request.use.database.read() as session:
        version = templates.find_version(session, name)
        return version.label, templates.source_of(version)


def _machine(request: Request, wanted: str) -> Machine:
    """Raises Invalid at the form's field."""
    try:
        with request.use.database.read() as session:
            return machines.find(session, wanted)
    except (NotFound, Conflict) as error:
        said = "is missing" if not wanted else str(error)
        raise Invalid("Nothing was rendered.", problems=[Problem("/machine", said)]) from error


def _form(
    request: Request, label: str, source: TemplateSource, machine: str, given: Typed, *,
    error: GoughError | None = None, made: Prepared | None = None,
) -> Answer:  # fmt: skip
    said = complaint_of(error, source, {"/machine": "machine"})
    with request.use.database.read() as session:
        known = {"machine": known_values(session, "hostname")["hostname"]}
    return page(
        request, "template_try.html", status=said.status, label=label, source=source, machine=machine, said=said,
        made=made, fields=variable_fields(source.variables, given, said.faults), known=known,
    )  # fmt: skip
