"""Agents as people look at them, and what they may be asked to do."""

from typing import Any, Literal

from gough.domain.errors import Conflict, NotFound
from gough.domain.permissions import Permission
from gough.persistence.models import AgentCommand
from gough.services import agent_list, commands
from gough.services.agent_list import AgentView
from gough.web.api.answers import agents as shown
from gough.web.api.machines import Strict
from gough.web.api.paging import ListQuery, as_page, by_name
from gough.web.message import Answer, Request, as_json, moment
from gough.web.operation import operation


class AgentsQuery(ListQuery):
    sort: Literal["id", "-id"] = "id"
    state: Literal["", "enrolled", "online", "offline", "duplicated", "clock-wrong", "degraded"] = ""


class Asked(Strict):
    command: Literal["collect-now", "rotate-key"]


@operation(
    "GET /api/v1/agents", permission=Permission.VIEW, query=AgentsQuery, gives={200: shown.AgentPage},
    summary="The agents that may report, and how each is.",
)  # fmt: skip
def listed(request: Request, query: AgentsQuery) -> Answer:
    with request.use.database.read() as session:
        found, key = by_name(agent_list.listed(session, query.state), query, part="id")
        return as_page([_row(each) for each in found], shown.AgentPage, query, key)


@operation(
    "GET /api/v1/agents/<agent_id>", permission=Permission.VIEW, raises=(NotFound,), gives={200: shown.Agent},
    summary="One agent: its state, what is wrong with it, what it was asked.",
)  # fmt: skip
def one(request: Request, agent_id: str) -> Answer:
    with request.use.database.read() as session:
        found = agent_list.find(session, agent_id)
        asked = agent_list.commands_of(session, found.agent)
        return as_json(_whole(found) | {"commands": [_command(each) for each in asked]})


@operation(
    "POST /api/v1/agents/<agent_id>/commands", permission=Permission.OPERATE, body=Asked,
    raises=(NotFound, Conflict), gives={202: shown.Command},
    summary="Ask an agent to measure everything anew, or to change its key; it hears that with its next heartbeat.",
)  # fmt: skip
def ask(request: Request, agent_id: str, body: Asked) -> Answer:
    with request.use.database.read() as session:
        found = agent_list.find(session, agent_id)
    return as_json(_command(commands.ask(request.use, found.agent, body.command, by=request.by)), 202)


def _row(found: AgentView) -> dict[str, Any]:
    agent = found.agent
    return {
        "id": agent.id, "machine_id": agent.machine_id, "hostname": found.machine.hostname,
        "state": found.standing.name, "reason": found.standing.reason, "since": moment(found.since),
        "version": agent.version, "enrolled_at": moment(agent.enrolled_at), "last_seen_at": moment(agent.last_seen_at),
        "clock_skew_seconds": agent.clock_skew_seconds,
    }  # fmt: skip


def _whole(found: AgentView) -> dict[str, Any]:
    agent = found.agent
    wrong = [
        {"name": each.name, "kind": each.kind.value, "reason": each.reason, "since": moment(each.since)}
        for each in found.wrong
    ]
    return _row(found) | {
        "boot_id": agent.boot_id, "last_sequence": agent.last_sequence, "heartbeats_lost": agent.spool_dropped,
        "revoked_at": moment(agent.revoked_at), "conditions": wrong,
    }  # fmt: skip


def _command(command: AgentCommand) -> dict[str, Any]:
    return {
        "id": command.id, "command": command.command, "asked_by": command.asked_by,
        "asked_at": moment(command.asked_at), "outcome": command.outcome, "said": command.said,
        "ended_at": moment(command.ended_at),
    }  # fmt: skip
