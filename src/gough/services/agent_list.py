"""Agents as people look at them: in one word, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.agent_conditions import Condition, Standing, kind_of, standing
from gough.domain.agents import AgentState
from gough.domain.errors import NotFound
from gough.persistence.models import Agent, AgentCommand, Machine
from gough.services.hearing import silence

NEWEST_COMMANDS = 20


@dataclass(frozen=True, slots=True)
class Wrong:
    """One condition that an agent has."""

    name: str
    kind: Condition
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AgentView:
    agent: Agent
    machine: Machine
    standing: Standing
    wrong: tuple[Wrong, ...]

    @property
    def id(self) -> str:
        return self.agent.id

    @property
    def since(self) -> datetime | None:
        """Since when it is what it is, where that is known."""
        if self.standing.name == AgentState.OFFLINE:
            return self.agent.last_seen_at
        return min((each.since for each in self.wrong if each.kind == self.standing.name), default=None)


def view(agent: Agent, machine: Machine) -> AgentView:
    reasons = {name: about["reason"] for name, about in agent.conditions.items()}
    state = AgentState(agent.state)
    said = standing(state, reasons, silence(agent) if state is AgentState.OFFLINE else "")
    wrong = tuple(
        Wrong(name, kind_of(name), about["reason"], datetime.fromisoformat(about["since"]))
        for name, about in sorted(agent.conditions.items())
    )
    return AgentView(agent, machine, said, wrong)


def listed(session: Session, state: str = "") -> list[AgentView]:
    """Those that may report, by id; of one state if that is given."""
    query = select(Agent, Machine).join(Machine, Machine.id == Agent.machine_id).where(Agent.revoked_at.is_(None))
    found = [view(agent, machine) for agent, machine in session.execute(query.order_by(Agent.id))]
    return [each for each in found if state in ("", each.standing.name)]


def find(session: Session, agent_id: str) -> AgentView:
    """Raises NotFound."""
    agent = session.get(Agent, agent_id)
    if agent is None:
        raise NotFound(f"There is no agent '{agent_id[:40]}'.", hint="A machine's page names its agent.")
    return view(agent, session.get_one(Machine, agent.machine_id))


def commands_of(session: Session, agent: Agent) -> Sequence[AgentCommand]:
    """What it was asked lately, newest first."""
    query = select(AgentCommand).where(AgentCommand.agent_id == agent.id)
    newest = query.order_by(AgentCommand.asked_at.desc(), AgentCommand.id.desc())
    return session.scalars(newest.limit(NEWEST_COMMANDS)).all()
