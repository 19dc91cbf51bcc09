"""Deploying: choose a template, fill in its variables, look at what will be sent, confirm. Plain forms throughout."""

from gough.cloud_init import Prepared, TemplateSource
from gough.domain.errors import Conflict, GoughError, Invalid, NotFound
from gough.domain.permissions import Permission
from gough.persistence.models import Machine
from gough.services import delivering, lifecycle, machines, templates
from gough.services.known_values import known_values
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal.page import page
from gough.web.portal.plans import NOTHING, OFFERED, Typed, complaint_of, option_fields, plan_of, typed, variable_fields

ASKING: tuple[type[GoughError], ...] = (NotFound, Conflict, Invalid)


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
            return page(request, "deploy_choose.html", session=session, machine=machine, known=known)
        version = templates.find_version(session, wanted)
        label, source = version.label, templates.source_of(version)
    return _form(request, machine, label, source, NOTHING)


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
    given = typed(request.form)
    try:
        plan = plan_of(label, source, given)
        if request.form.get("step") == "deploy":
            lifecycle.deploy(request.use, machine.id, plan, by=request.by)
            return redirect(f"/machines/{machine.id}")
        preview = delivering.preview(request.use, machine, source, plan.variables)
    except (Invalid, Conflict) as error:
        return _form(request, machine, label, source, given, error=error)
    return _form(request, machine, label, source, given, preview=preview)


def _form(
    request: Request, machine: Machine, label: str, source: TemplateSource, given: Typed, *,
    error: GoughError | None = None, preview: Prepared | None = None,
) -> Answer:  # fmt: skip
    said = complaint_of(error, source, {})
    with request.use.database.read() as session:
        known = known_values(session, *OFFERED, region_id=machine.region_id)
    return page(
        request, "deploy.html", status=said.status, machine=machine, label=label, source=source, said=said,
        fields=variable_fields(source.variables, given, said.faults), options=option_fields(given, said.faults),
        preview=preview, known=known,
    )  # fmt: skip
