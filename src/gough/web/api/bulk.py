"""One action on many machines: beginning it, or only forecasting it; following it, stopping it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, create_model

from gough.domain.errors import Conflict, Invalid, NotFound, Problem
from gough.domain.permissions import Permission
from gough.domain.waves import ItemState, Limits
from gough.persistence.models import Bulk
from gough.services import bulk, bulk_results, forecasts
from gough.services.bulk import MOST_MACHINES, Order
from gough.services.bulk_results import VERBS
from gough.services.choosing import ids_of
from gough.services.keyset import BULK
from gough.services.machine_filters import FILTERS
from gough.web.api.answers.site import Bulk as ShownBulk
from gough.web.api.answers.site import BulkPage, BulkWithResults, Forecast
from gough.web.api.bulk_shape import bulk_shape, forecast_shape, result_shape
from gough.web.api.machines import Commission, Deploy, Prioritised, Release, RunTests, Strict
from gough.web.api.paging import ListQuery, as_page, in_creation_order
from gough.web.body import BODY_CAP, as_model
from gough.web.declaration import BODY
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation

Fields: Any = {"q": (str, ""), **{name: (list[str], []) for name in FILTERS}}
Selector: type[Strict] = create_model("Selector", __base__=Strict, **Fields)
"""{filter: its values}, and `q`: as the list of machines takes them."""
OWN = ("/action", "/ids", "/max_in_flight", "/stop_after", "/parameters")


class BeginBulk(Prioritised):
    """`ids` or `selector`; `parameters` are those of the action on one machine."""

    action: Literal["deploy", "commission", "test", "release"]
    ids: list[str] | None = Field(None, max_length=MOST_MACHINES)
    selector: dict[str, Any] | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    max_in_flight: int = 10
    stop_after: int = 1
    dry_run: bool = False


class StopBulk(Strict):
    """Nothing to say yet."""


@dataclass(frozen=True, slots=True)
class Action:
    """What the action takes and needs on one machine."""

    body: type[Deploy | RunTests | Release]
    needs: Permission


ACTIONS: Mapping[str, Action] = {
    "deploy": Action(Deploy, Permission.DEPLOY),
    "commission": Action(Commission, Permission.OPERATE),
    "test": Action(RunTests, Permission.OPERATE),
    "release": Action(Release, Permission.OPERATE),
}


@operation(
    "POST /api/v1/machines/bulk", permission=Permission.VIEW, body=BeginBulk, raises=(Invalid, NotFound, Conflict),
    gives={200: Forecast, 202: ShownBulk}, body_limit=BODY_CAP,
    summary="One action on many machines, in waves; `dry_run` only forecasts. Needs what the action needs singly.",
)  # fmt: skip
def begin(request: Request, body: BeginBulk) -> Answer:
    request.known_caller.require(ACTIONS[body.action].needs)
    parameters = _parameters(body)
    limits = Limits(body.max_in_flight, body.stop_after)
    order = Order(VERBS[body.action], _ids(request, body), limits, parameters, body.rank)
    with _pointing_at_parameters():
        if body.dry_run:
            return _forecast(request, body.action, order)
        made = bulk.begin(request.use, order, by=request.by)
    return _accepted(request, made.id)


class BulkQuery(ListQuery):
    sort: Literal["-created_at", "created_at"] = "-created_at"


class ResultsQuery(ListQuery):
    """`state`: only machines in this one."""

    limit: int = Field(100, ge=1, le=200)
    sort: Literal["position"] = "position"
    state: ItemState | None = None


@operation(
    "GET /api/v1/bulk", permission=Permission.VIEW, query=BulkQuery, gives={200: BulkPage},
    summary="Bulk operations.",
)  # fmt: skip
def listed(request: Request, query: BulkQuery) -> Answer:
    with request.use.database.read() as session:
        found, key = in_creation_order(session, BULK, Bulk, query)
        items = [bulk_shape(each, bulk.counts(session, each.id)) for each in found]
    return as_page(items, BulkPage, query, key)


@operation(
    "GET /api/v1/bulk/<bulk_id>", permission=Permission.VIEW, raises=(NotFound, Invalid), query=ResultsQuery,
    gives={200: BulkWithResults}, edited=BODY,
    summary="A bulk operation and a page of its machines; `?state=` leaves out the others.",
)  # fmt: skip
def one(request: Request, bulk_id: str, query: ResultsQuery) -> Answer:
    after = query.after(int)
    with request.use.database.read() as session:
        found = bulk.find(session, bulk_id)
        page = bulk_results.results(
            session, found.id, state=query.state, after=after[0] if after else -1, limit=query.limit + 1
        )
        shown = bulk_shape(found, bulk.counts(session, found.id))
        shown["untouched"] = bulk_results.is_untouched(session, found.id)
    more, page = len(page) > query.limit, page[: query.limit]
    items = [result_shape(each) for each in page]
    return as_page(items, BulkWithResults, query, (page[-1].position,) if more else None, more=shown)


@operation(
    "POST /api/v1/bulk/<bulk_id>/stop", permission=Permission.OPERATE, body=StopBulk, raises=(NotFound, Conflict),
    gives={202: ShownBulk}, summary="Begin no more; what runs goes on to its end.",
)  # fmt: skip
def stop(request: Request, bulk_id: str, body: StopBulk) -> Answer:  # noqa: ARG001  (refuses unknown fields)
    return _accepted(request, bulk.stop(request.use, bulk_id, by=request.by).id)


def _forecast(request: Request, action: str, order: Order) -> Answer:
    found = bulk.dry_run(request.use, order)
    with request.use.database.read() as session:
        return as_json(forecast_shape(action, found, forecasts.in_service(session, found)))


def _accepted(request: Request, bulk_id: str) -> Answer:
    with request.use.database.read() as session:
        shown = bulk_shape(bulk.find(session, bulk_id), bulk.counts(session, bulk_id))
    return as_json(shown, 202, (("Location", f"/api/v1/bulk/{bulk_id}"),))


def _parameters(body: BeginBulk) -> dict[str, Any]:
    """As the service takes them."""
    return as_model(body.parameters, ACTIONS[body.action].body, at="/parameters").parameters()


def _ids(request: Request, body: BeginBulk) -> list[str]:
    if (body.ids is None) == (body.selector is None):
        problem = Problem("/ids", "expected either this or /selector")
        raise Invalid("This does not say on which machines.", problems=[problem])
    if body.ids is not None:
        return body.ids
    given = as_model(body.selector, Selector, at="/selector").model_dump()
    return ids_of(request.use, {name: given[name] for name in FILTERS}, text=given["q"], mark="/selector/")


@contextmanager
def _pointing_at_parameters() -> Iterator[None]:
    """What the service says of a plan it says of one deployment's body; here that is a part of a larger one."""
    try:
        yield
    except Invalid as error:
        moved = [
            p if p.pointer.startswith(OWN) else Problem(f"/parameters{p.pointer}", p.message) for p in error.problems
        ]
        raise Invalid(str(error), hint=error.hint, problems=moved) from error
