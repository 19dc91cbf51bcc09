"""The list of machines, and one machine."""

from dataclasses import replace
from itertools import chain
from typing import Any

from gough.domain.errors import Conflict, GoughError, Invalid, NotFound
from gough.domain.locations import Location
from gough.domain.machine_status import MachineStatus
from gough.domain.permissions import Permission
from gough.domain.service_state import ServiceState
from gough.services import machine_list, queue, redeploy, regions, timeline
from gough.services.machine_facets import facets
from gough.web.api.paging import machine_query, write_cursor
from gough.web.message import Answer, Request
from gough.web.operation import operation
from gough.web.portal import columns
from gough.web.portal.bulk_order import ACTS
from gough.web.portal.charts import strip
from gough.web.portal.filters import FilterBar, link
from gough.web.portal.page import page
from gough.web.portal.plotting import paths
from gough.web.portal.tables import as_file, is_file
from gough.web.portal.views import machine_view

ASKING: tuple[type[GoughError], ...] = (NotFound, Conflict, Invalid)
ROWS = 50
FILE_ROWS = 1000


@operation("GET /machines", permission=Permission.VIEW, summary="Every machine.", is_page=True)
def overview(request: Request) -> Answer:
    if is_file(request):
        wanted = replace(machine_query(request), after=None, limit=FILE_ROWS)
        found = machine_list.pages(request.use.database, wanted)
        return as_file("machines", columns.MACHINES, chain.from_iterable(found))
    return page(request, "machines.html", **_list(request))


@operation("GET /live/machines", permission=Permission.VIEW, summary="The list's part that changes.", is_page=True)
def overview_live(request: Request) -> Answer:
    return page(request, "_machines.html", **_list(request))


@operation("GET /machines/<name>", permission=Permission.VIEW, summary="One machine.", raises=ASKING, is_page=True)
def one(request: Request, name: str) -> Answer:
    return _draw(request, name, "machine.html")


@operation(
    "GET /machines/<name>/live", permission=Permission.VIEW, summary="The machine's part that changes.",
    raises=ASKING, is_page=True,
)  # fmt: skip
def one_live(request: Request, name: str) -> Answer:
    return _draw(request, name, "_machine.html")


def _draw(request: Request, name: str, template: str) -> Answer:
    with request.use.database.read() as session:
        detailed = request.query.get("detail") == "1"
        now = request.use.database.now(session)
        view = machine_view(session, name, request.known_caller, now, detailed=detailed)
        ready = view.machine.status == MachineStatus.READY  # in every other status there is nothing to offer
        back = redeploy.offered(request.use, session, view.machine) if ready else None
        drawn = strip(request.use, session, view.machine, now) if view.agent else []
        small = [(drawing, paths(drawing)) for drawing in drawn]
        return page(request, template, session=session, view=view, back=back, small=small)


def _list(request: Request) -> dict[str, Any]:
    query = machine_query(request, default_limit=ROWS)
    with request.use.database.read() as session:
        rows = machine_list.listed(session, query)
        found = facets(session, query)
        position = timeline.stream_position(session)
        known = regions.listed(session)
        told = queue.progress(session, [row["id"] for row in rows])
    last = rows[-1] if len(rows) == query.limit else None
    cursor = write_cursor(query.sort, machine_list.key_of(last, query.sort)) if last else ""
    for row in rows:
        row["status"], row["service"] = MachineStatus(row["status"]).label, ServiceState(row["service"])
        is_located = bool(row["site"] or row["rack"])
        row["progress"] = told.get(row["id"], "")
        row["place"] = Location(row["site"], row["rack"], row["unit"]) if is_located else None
    return {
        "rows": rows,
        "bar": FilterBar(query, found),
        "next_link": link(query, cursor=cursor) if cursor else "",
        "live_link": "/live/machines?" + str(request.environ.get("QUERY_STRING", "")),
        "position": position,
        "has_region": bool(known),
        "acts": ACTS,
        "importing_regions": [region for region in known if region.import_done < region.import_total],
    }
