"""Machines by what their agents are called: the same words as `services.agent_list`, as a condition on the database."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, String, and_, cast, exists, or_
from sqlalchemy.orm import Session

from gough.domain.agent_conditions import CLOCK, CLONE, Condition
from gough.domain.agents import AgentState
from gough.persistence.models import Agent, Machine

NOBODY = "none"
_WRONG = cast(Agent.conditions, String) != "{}"
_CLONE = Agent.conditions[CLONE].as_string().is_not(None)
_CLOCK = Agent.conditions[CLOCK].as_string().is_not(None)
_ONLINE = Agent.state == AgentState.ONLINE
CALLED: Mapping[str, ColumnElement[bool]] = {
    AgentState.ONLINE.value: and_(_ONLINE, ~_WRONG),
    AgentState.OFFLINE.value: Agent.state == AgentState.OFFLINE,
    AgentState.ENROLLED.value: Agent.state == AgentState.ENROLLED,
    Condition.DEGRADED.value: and_(_ONLINE, _WRONG, ~_CLONE, ~_CLOCK),
    Condition.CLOCK_WRONG.value: and_(_ONLINE, _CLOCK, ~_CLONE),
    Condition.DUPLICATED.value: and_(_ONLINE, _CLONE),
}
KNOWN: Mapping[str, str] = {name: name for name in (*CALLED, NOBODY)}


def where(_session: Session, values: Sequence[str]) -> ColumnElement[bool]:
    """`none` are the machines without an agent that may report."""
    mine = exists().where(Agent.machine_id == Machine.id, Agent.revoked_at.is_(None))
    wanted = [~mine if value == NOBODY else mine.where(CALLED[value]) for value in values]
    return or_(*wanted)
