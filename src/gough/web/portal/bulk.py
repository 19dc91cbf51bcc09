"""Bulk operations that have begun: the list, one with its machines, stopping it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Invalid, NotFound
from gough.domain.permissions import Permission
from gough.domain.waves import BulkState, ItemState
from gough.persistence.models import Bulk
from gough.services import bulk, bulk_results, timeline
from gough.services.bulk_results import ENDED, Result
from gough.services.keyset import Key
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal import columns
from gough.web.portal.bulk_order import ACTS
from gough.web.portal.page import page
from gough.web.portal.tables import as_file, every, is_file

ROWS = 100
FILE_ROWS = 1000
ACT_OF = {act.kind.value: act for act in ACTS.values()}


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
    if is_file(request):
        return _file(request, bulk_id)
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


def _list(request: Request, template: str) -> Answer:
    with request.use.database.read() as session:
        found = [(each, ACT_OF[each.action], bulk.counts(session, each.id)) for each in bulk.newest(session)]
        position = timeline.stream_position(session)
    return page(request, template, found=found, position=position)


def _file(request: Request, bulk_id: str) -> Answer:
    state = _state(request)
    with request.use.database.read() as session:
        found = bulk.find(session, bulk_id)

    def results(session: Session, after: Key | None) -> tuple[list[Result], Key | None]:
        start = after[0] if after else -1
        rows = bulk_results.results(session, found.id, state=state, after=start, limit=FILE_ROWS)
        return rows, (rows[-1].position,) if len(rows) == FILE_ROWS else None

    return as_file(found.id, columns.BULK, every(request, results))


def _state(request: Request) -> ItemState | None:
    wanted = request.query.get("state", "")
    return ItemState(wanted) if wanted in set(ItemState) else None


def _draw(request: Request, bulk_id: str, template: str) -> Answer:
    state = _state(request)
    after = request.query.get("after", "")
    start = int(after) if after.isascii() and after.isdecimal() and len(after) < 10 else -1
    with request.use.database.read() as session:
        found = bulk.find(session, bulk_id)
        counted = bulk.counts(session, found.id)
        counts = {each: counted[each] for each in ItemState if each in counted}
        rows = bulk_results.results(session, found.id, state=state, after=start, limit=ROWS)
        position = timeline.stream_position(session)
    shown = {"state": state.value} if state else {}
    more = urlencode({**shown, "after": rows[-1].position}) if len(rows) == ROWS else ""
    return page(
        request, template, bulk=found, act=ACT_OF[found.action], counts=counts, rows=rows, position=position,
        state_shown=state, first=urlencode(shown) if start >= 0 else None, more=more, **_progress(found, counts),
        file=f"/bulk/{found.id}?" + urlencode({**shown, "format": "csv"}),
        live_link=f"/bulk/{found.id}/live?{request.environ.get('QUERY_STRING', '')}",
    )  # fmt: skip


def _progress(found: Bulk, counts: Mapping[ItemState, int]) -> dict[str, Any]:
    total = sum(counts.values())
    ended = sum(number for state, number in counts.items() if state in ENDED)
    return {"total": total, "ended": ended, "goes_on": found.state in (BulkState.RUNNING, BulkState.STOPPING)}
