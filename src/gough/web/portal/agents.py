"""Agents: which there are, how each is and why, what version it has."""

from collections import Counter

from gough.domain.permissions import Permission
from gough.services import agent_list, timeline
from gough.services.agent_filter import CALLED
from gough.services.agent_list import AgentView
from gough.web.message import Answer, Request
from gough.web.operation import operation
from gough.web.portal import columns
from gough.web.portal.page import page
from gough.web.portal.tables import as_file, is_file

ROWS = 200


@operation("GET /agents", permission=Permission.VIEW, summary="Every agent.", is_page=True)
def listed(request: Request) -> Answer:
    return _draw(request, "agents.html")


@operation("GET /live/agents", permission=Permission.VIEW, summary="The list's part that changes.", is_page=True)
def listed_live(request: Request) -> Answer:
    return _draw(request, "_agents.html")


def _draw(request: Request, template: str) -> Answer:
    state, version = request.query.get("state", ""), request.query.get("version", "")
    text = request.query.get("q", "").strip()[:200].lower()
    with request.use.database.read() as session:
        every = agent_list.listed(session)
        position = timeline.stream_position(session)
    found = [each for each in every if _is_like(each, state, version, text)]
    if is_file(request):
        return as_file("agents", columns.AGENTS, found)
    shown = sorted(found, key=lambda each: each.machine.hostname)
    counted = Counter(str(each.standing.name) for each in every)
    return page(
        request, template, found=shown[:ROWS], total=len(found), every=len(every), position=position,
        asked={"state": state, "version": version, "q": text}, versions=_versions(every),
        states={name: counted[name] for name in CALLED if counted[name]},
        live_link="/live/agents?" + str(request.environ.get("QUERY_STRING", "")),
    )  # fmt: skip


def _is_like(each: AgentView, state: str, version: str, text: str) -> bool:
    return (
        state in ("", each.standing.name) and version in ("", each.agent.version)
        and (not text or text in each.machine.hostname.lower())
    )  # fmt: skip


def _versions(every: list[AgentView]) -> list[tuple[str, int]]:
    """The most frequent first."""
    return Counter(each.agent.version for each in every if each.agent.version).most_common()
