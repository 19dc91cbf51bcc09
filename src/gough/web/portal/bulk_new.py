"""A bulk operation before it begins: what would happen to each machine, with which parameters, how carefully."""

from collections.abc import Sequence

from gough.cloud_init import TemplateSource
from gough.domain.errors import Conflict, Denied, GoughError, Invalid, NotFound, Problem
from gough.domain.permissions import Permission
from gough.services import bulk, templates
from gough.services.bulk import Forecast
from gough.services.known_values import known_values
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal.bulk_order import MAX_IN_FLIGHT, STOP_AFTER, Act, Selection, act_of, order_of, selection_of
from gough.web.portal.forms import Complaint, complaint, repeated
from gough.web.portal.page import page
from gough.web.portal.plans import OFFERED, complaint_of, option_fields, typed, variable_fields

ASKING: tuple[type[GoughError], ...] = (NotFound, Conflict, Invalid, Denied)
FIELDS = {f"/{name}": name for name in ("max_in_flight", "stop_after", "confirm")}
DEFAULTS = {"max_in_flight": MAX_IN_FLIGHT, "stop_after": STOP_AFTER, "skip_tests": "", "erase": "", "not_ours": ""}
MOST_ROWS = 300  # of a dry run; the counts are of all


@operation(
    "GET /bulk/new", permission=Permission.OPERATE, summary="What an action would do to the chosen machines.",
    raises=ASKING, is_page=True,
)  # fmt: skip
def look(request: Request) -> Answer:
    given = repeated(request)
    act, chosen = act_of(request, given), selection_of(request.use, given)
    label, source = _template(request, act, given.get("template", [""])[-1])
    if act.verb == "deploy" and source is None:
        with request.use.database.read() as session:
            known = [(v, templates.source_of(v)) for v in templates.newest_versions(session)]
            return page(request, "bulk_choose.html", session=session, act=act, chosen=chosen, known=known)
    if source is not None:  # its variables come first
        return _form(request, act, chosen, label, source)
    forecast = bulk.dry_run(request.use, order_of(request, act, chosen.ids))
    return _form(request, act, chosen, forecast=forecast)


@operation(
    "POST /bulk/new", permission=Permission.OPERATE, summary="A dry run with these parameters, or begin.",
    raises=ASKING, is_page=True,
)  # fmt: skip
def order(request: Request) -> Answer:
    given = repeated(request)
    act, chosen = act_of(request, given), selection_of(request.use, given)
    label, source = _template(request, act, given.get("template", [""])[-1])
    forecast: list[Forecast] = []
    try:
        wanted = order_of(request, act, chosen.ids, label, source)
        forecast = bulk.dry_run(request.use, wanted)
        if request.form.get("step") == "begin":
            _require_agreement(request, act, chosen)
            return redirect(f"/bulk/{bulk.begin(request.use, wanted, by=request.by).id}")
    except (Invalid, Conflict) as error:
        return _form(request, act, chosen, label, source, forecast=forecast, error=error)
    return _form(request, act, chosen, label, source, forecast=forecast)


def _require_agreement(request: Request, act: Act, chosen: Selection) -> None:
    """Raises Conflict when others match by now than when the dry run was looked at, Invalid without the number."""
    if request.form.get("seen", "") != chosen.seen:
        hint = "Look at the dry run below, then begin again."
        raise Conflict("Other machines match now than when you looked. Nothing was begun.", hint=hint)
    if act.typed and request.form.get("confirm", "").strip() != str(len(chosen.ids)):
        problem = Problem("/confirm", f"type {len(chosen.ids)}, the number of machines you have chosen")
        raise Invalid("Nothing was begun.", problems=[problem])


def _template(request: Request, act: Act, wanted: str) -> tuple[str, TemplateSource | None]:
    if act.verb != "deploy" or not wanted:
        return "", None
    with request.use.database.read() as session:
        version = templates.find_version(session, wanted)
        return version.label, templates.source_of(version)


def _form(
    request: Request, act: Act, chosen: Selection, label: str = "", source: TemplateSource | None = None, *,
    forecast: Sequence[Forecast] = (), error: GoughError | None = None,
) -> Answer:  # fmt: skip
    said: Complaint = complaint_of(error, source, FIELDS) if source else complaint(error, FIELDS)
    refused = [each for each in forecast if each.refusal]
    begun = [each for each in forecast if not each.refusal]
    values = {**DEFAULTS, **request.form}
    given = typed(request.form)
    with request.use.database.read() as session:
        known = known_values(session, *OFFERED) if source else {}
    return page(
        request, "bulk_new.html", status=said.status, act=act, chosen=chosen, label=label, source=source, said=said,
        forecast=[*begun, *refused][:MOST_ROWS], total=len(forecast), begin=len(begun), refused=len(refused),
        values=values, variables=variable_fields(source.variables, given, said.faults) if source else [],
        options=option_fields(given, said.faults) if source else [], known=known,
    )  # fmt: skip
