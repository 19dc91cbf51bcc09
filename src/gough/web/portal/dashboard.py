"""The first page: the fleet at a glance, what needs somebody, what runs, how Gough itself is; or how to begin."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gough.bootstrap import agent_checksums, agent_dir
from gough.domain.agents import AgentState
from gough.domain.permissions import Permission
from gough.services import overview, timeline
from gough.services.overview import Overview
from gough.services.queue import Place
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal.filters import LIST, ORDER
from gough.web.portal.page import page
from gough.web.portal.regions import HEALTH
from gough.web.portal.words import plural, span

LATE_SECONDS = 60  # that a job may want a worker before somebody should look


@dataclass(frozen=True, slots=True)
class Part:
    """A part of Gough, and how it is: `kind` gives colour and shape."""

    name: str
    kind: str
    label: str
    says: str
    link: str = ""


@operation("GET /", permission=Permission.VIEW, summary="The fleet at a glance.", is_page=True)
def shown(request: Request) -> Answer:
    if asked := request.environ.get("QUERY_STRING"):  # the list of machines was here once, and is in bookmarks
        return redirect(f"{LIST}?{asked}")
    return page(request, "dashboard.html", **_seen(request))


@operation("GET /live/dashboard", permission=Permission.VIEW, summary="Its part that changes.", is_page=True)
def shown_live(request: Request) -> Answer:
    return page(request, "_dashboard.html", **_seen(request))


def _seen(request: Request) -> dict[str, Any]:
    with request.use.database.read() as session:
        seen = overview.overview(session, request.use.database.now(session))
        position = timeline.stream_position(session)
    return {
        "seen": seen, "order": ORDER, "parts": [*_parts(request, seen)], "steps": _steps(request, seen),
        "position": position,
    }  # fmt: skip


def _parts(request: Request, seen: Overview) -> Iterator[Part]:
    for place in seen.places:
        health = HEALTH.get(place.region.health, HEALTH["unknown"])
        yield Part(place.region.name, health.kind, health.label, _of_region(place), "/regions")
    yield from _queue(request, seen)
    kind = "SQLite" if request.use.database.is_sqlite else "PostgreSQL"
    yield Part("Database", "in_service", "Answers", kind)
    if any(seen.agents.values()):
        yield _of_agents(seen)


def _of_region(place: Place) -> str:
    region = place.region
    if region.health_reason:
        return region.health_reason
    if region.import_done < region.import_total:
        return f"importing {region.import_done:,} of {region.import_total:,} machines"
    return f"{plural(place.running, 'job')} running, {place.waiting:,} waiting"


def _queue(request: Request, seen: Overview) -> Iterator[Part]:
    for name, said in request.site.movers().items():
        label, is_well = name.capitalize(), said == "ok"
        late = seen.overdue_seconds > LATE_SECONDS
        if not is_well:
            yield Part(label, "attention", said.capitalize(), "No job moves; see its log.", "/work")
        elif late:
            told = f"{plural(seen.due, 'job')} due, the longest for {span(seen.overdue_seconds)}"
            yield Part(label, "slow", "Behind", told, "/work")
        else:
            yield Part(label, "in_service", "Works", "no job waits for it" if not seen.due else "takes jobs", "/work")


def _of_agents(seen: Overview) -> Part:
    online, offline = seen.agents[AgentState.ONLINE], seen.agents[AgentState.OFFLINE]
    told = f"{online:,} online" + (f", {offline:,} offline" if offline else "")
    fresh = seen.agents[AgentState.ENROLLED]
    told += f", {fresh:,} not heard yet" if fresh else ""
    if offline:
        return Part("Agents", "slow", "Some are silent", told, f"/agents?state={AgentState.OFFLINE.value}")
    return Part("Agents", "in_service", "Heard", told, "/agents")


def _steps(request: Request, seen: Overview) -> dict[str, bool]:
    """{a first step: whether it is done}; empty once there are machines."""
    if seen.machines:
        return {}
    return {
        "region": bool(seen.places), "templates": bool(seen.templates),
        "agent": bool(agent_checksums(agent_dir(request.use.settings))), "machines": False,
    }  # fmt: skip
