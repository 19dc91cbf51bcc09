"""A machine's metrics over time: the page of charts, its part that changes, and the points that its script draws."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Invalid, NotFound
from gough.domain.permissions import Permission
from gough.persistence.models import Machine
from gough.services import agents, machines
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation
from gough.web.portal.charts import EACH_FILESYSTEM, SPANS, Span, drawings, usual
from gough.web.portal.page import page
from gough.web.portal.plotting import columns, paths, rows

ASKING = (NotFound, Conflict, Invalid)


@operation(
    "GET /machines/<name>/metrics", permission=Permission.VIEW, summary="A machine's charts.", raises=ASKING,
    is_page=True,
)  # fmt: skip
def charts(request: Request, name: str) -> Answer:
    return _draw(request, name, "metrics.html")


@operation(
    "GET /machines/<name>/metrics/live", permission=Permission.VIEW, summary="The charts' part that changes.",
    raises=ASKING, is_page=True,
)  # fmt: skip
def charts_live(request: Request, name: str) -> Answer:
    return _draw(request, name, "_metrics.html")


@operation(
    "GET /machines/<name>/metrics/points", permission=Permission.VIEW, summary="What the charts' script draws.",
    raises=ASKING, is_page=True,
)  # fmt: skip
def points(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        machine, now = machines.find(session, name), request.use.database.now(session)
        found = drawings(request.use, session, machine, _span(request, session, machine, now), now)
    return as_json({"charts": [columns(drawing) for drawing in found]})


def _draw(request: Request, name: str, template: str) -> Answer:
    with request.use.database.read() as session:
        machine, now = machines.find(session, name), request.use.database.now(session)
        span = _span(request, session, machine, now)
        found: list[dict[str, Any]] = [
            {"drawing": drawing, "paths": paths(drawing), "rows": rows(drawing)}
            for drawing in drawings(request.use, session, machine, span, now)
        ]
        return page(
            request, template, session=session, machine=machine, charts=found, spans=SPANS.values(), span=span,
            is_live=span.length <= EACH_FILESYSTEM,
        )  # fmt: skip


def _span(request: Request, session: Session, machine: Machine, now: datetime) -> Span:
    """Raises Invalid."""
    wanted = request.query.get("span", "")
    if wanted in SPANS:
        return SPANS[wanted]
    if wanted:
        raise Invalid(f"There is no span '{wanted[:20]}'.", hint=f"There are: {', '.join(SPANS)}.")
    agent = agents.newest(session, machine.id)
    return usual(now - agent.enrolled_at if agent else timedelta(0))
