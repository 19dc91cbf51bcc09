"""Bulk operations: choose, look at what would happen to each machine, begin, follow, stop."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from gough.cloud_init import TemplateSource
from gough.domain.errors import Conflict, Denied, GoughError, Invalid, NotFound, Problem
from gough.domain.permissions import Permission
from gough.domain.waves import BulkState, ItemState
from gough.persistence.models import Bulk
from gough.services import bulk, bulk_results, templates, timeline
from gough.services.bulk import Forecast
from gough.services.bulk_results import ENDED
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal.bulk_order import (
    ACTS,
    MAX_IN_FLIGHT,
    STOP_AFTER,
    Act,
    Selection,
    act_of,
    order_of,
    selection_of,
)
from gough.web.portal.forms import Complaint, complaint, repeated
from gough.web.portal.page import page
from gough.web.portal.plans import complaint_of, option_fields, typed, variable_fields

ASKING: tuple[type[GoughError], ...] = (NotFound, Conflict, Invalid, Denied)
FIELDS = {f"/{name}": name for name in ("max_in_flight", "stop_after", "confirm")}
MOST_ROWS = 300  # of a dry run; the counts are of all
ROWS = 100
VERB_OF = {act.kind.value: act for act in ACTS.values()}


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
        return page(request, "bulk_choose.html", act=act, chosen=chosen, known=known)
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


@operation("GET /bulk", permission=Permission.VIEW, summary="The newest bulk operations.", is_page=True)
def listed(request: Request) -> Answer:
    return _list(request, "bulk_list.html")


@operation("GET /live/bulk", permission=Permission.VIEW, summary="The list's part that changes.", is_page=True)
def listed_live(request: Request) -> Answer:
    return _list(request, "_bulk_list.html")


@operation(
    "GET /bulk/<bulk_id>", permission=Permission.VIEW, summary="One bulk operation, machine by machine.",
    raises=(NotFound, Invalid), is_page=True,
)  # fmt: skip
def one(request: Request, bulk_id: str) -> Answer:
    return _draw(request, bulk_id, "bulk.html")


@operation(
    "GET /bulk/<bulk_id>/live", permission=Permission.VIEW, summary="Its part that changes.",
    raises=(NotFound, Invalid), is_page=True,
)  # fmt: skip
def one_live(request: Request, bulk_id: str) -> Answer:
    return _draw(request, bulk_id, "_bulk.html")


@operation(
    "POST /bulk/<bulk_id>/stop", permission=Permission.OPERATE, raises=(NotFound, Conflict), is_page=True,
    summary="Begin no more; what runs goes on to its end.",
)  # fmt: skip
def stop(request: Request, bulk_id: str) -> Answer:
    return redirect(f"/bulk/{bulk.stop(request.use, bulk_id, by=request.by).id}")


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
    values = {"max_in_flight": MAX_IN_FLIGHT, "stop_after": STOP_AFTER, **request.form}
    given = typed(request.form)
    return page(
        request, "bulk_new.html", status=said.status, act=act, chosen=chosen, label=label, source=source, said=said,
        forecast=[*begun, *refused][:MOST_ROWS], total=len(forecast), begin=len(begun), refused=len(refused),
        values=values, variables=variable_fields(source, given, said.faults) if source else [],
        options=option_fields(given, said.faults) if source else [],
    )  # fmt: skip


def _list(request: Request, template: str) -> Answer:
    with request.use.database.read() as session:
        found = [(each, VERB_OF[each.action], bulk.counts(session, each.id)) for each in bulk.newest(session)]
        position = timeline.stream_position(session)
    return page(request, template, found=found, position=position)


def _draw(request: Request, bulk_id: str, template: str) -> Answer:
    wanted = request.query.get("state", "")
    state = ItemState(wanted) if wanted in set(ItemState) else None
    after = request.query.get("after", "")
    start = int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else -1
    with request.use.database.read() as session:
        found = bulk.find(session, bulk_id)
        counts = bulk.counts(session, found.id)
        rows = bulk_results.results(session, found.id, state=state, after=start, limit=ROWS)
        position = timeline.stream_position(session)
    address = urlencode([("state", state.value)] if state else [])
    more = urlencode([("state", state.value)] * bool(state) + [("after", rows[-1].position)] if len(rows) == ROWS else [])
    return page(
        request, template, bulk=found, act=VERB_OF[found.action], counts=counts, rows=rows, position=position,
        state=state, start=start, address=address, more=more, **_progress(found, counts),
        live_link=f"/bulk/{found.id}/live?{request.environ.get('QUERY_STRING', '')}",
    )  # fmt: skip


def _progress(found: Bulk, counts: dict[ItemState, int]) -> dict[str, Any]:
    total = sum(counts.values())
    ended = sum(number for state, number in counts.items() if state in ENDED)
    return {"total": total, "ended": ended, "goes_on": found.state in (BulkState.RUNNING, BulkState.STOPPING)}
