"""What operators ask of agents: queued, told with every answer until the agent says what became of it."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Invalid
from gough.persistence.models import Agent, AgentCommand
from gough.services.context import Use
from gough.services.waking import lock_machine

COLLECT_NOW, ROTATE_KEY = "collect-now", "rotate-key"
KNOWN = (COLLECT_NOW, ROTATE_KEY)
MOST = 10  # an agent carries out no more at once


def ask(use: Use, agent: Agent, command: str, *, by: str) -> AgentCommand:
    """Queue it; one that waits already is given back. Raises Invalid, Conflict."""
    if command not in KNOWN:
        raise Invalid(f"Agents know no command '{command}'.", hint=f"Known: {', '.join(KNOWN)}.")
    with use.database.write() as session:
        lock_machine(session, agent.machine_id)
        held = session.get_one(Agent, agent.id, with_for_update={"key_share": True})
        if held.revoked_at is not None:
            raise Conflict("This agent's key was revoked: nobody will ask what to do.")
        waiting = session.scalars(_open(held).where(AgentCommand.command == command)).first()
        if waiting is None:
            waiting = AgentCommand(agent_id=held.id, command=command, asked_by=by, asked_at=use.database.now(session))
            session.add(waiting)
            session.flush()
            held.commands_open = session.scalar(select(func.count()).select_from(_open(held).subquery())) or 0
    return waiting


def open_of(session: Session, agent: Agent) -> tuple[dict[str, str], ...]:
    """As the wire has them, oldest first."""
    if not agent.commands_open:
        return ()
    found = session.scalars(_open(agent).order_by(AgentCommand.asked_at, AgentCommand.id).limit(MOST))
    return tuple({"id": command.id, "command": command.command} for command in found)


def _open(agent: Agent) -> Select[Any]:
    return select(AgentCommand).where(AgentCommand.agent_id == agent.id, AgentCommand.outcome.is_(None))
