"""Heartbeats that make something happen, one transaction each: states change, and are told once a change.

The machine is locked before its agent, as whoever changes a machine does; see `waking`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gough.domain.agent_conditions import (
    CLONE,
    Condition,
    Finding,
    ended,
    findings,
    is_over,
    kind_of,
    other_content,
    two_systems,
)
from gough.domain.agents import DUPLICATED, NEXT, SILENT, AgentState, Sign
from gough.domain.machine_status import MachineStatus
from gough.domain.service_state import ServiceState
from gough.domain.timeline import AgentEvent, Level, Source, TimelineEvent
from gough.persistence.models import Agent, AgentCommand, AgentSample, Deployment, Machine, MachineToken
from gough.services import clocks, in_service, reports, timeline
from gough.services.heartbeats import BOOT, Delivery, Heartbeat, Taken, skew_of, unpack
from gough.services.machines import set_service
from gough.services.waking import signal_machine

BEGUN: Mapping[Condition, tuple[AgentEvent, Level]] = {
    Condition.DEGRADED: (AgentEvent.DEGRADED, Level.WARNING),
    Condition.DUPLICATED: (AgentEvent.DUPLICATED, Level.ERROR),
}
CLONE_ACTION = "Find the other system with this agent's key, and deploy one of the two again: it gets a key of its own."
SILENT_ACTION = "On the machine: `systemctl status gough-agent`; check its power, network and console."


@dataclass(frozen=True, slots=True)
class Heard:
    """`changed`: jobs may have something to do now."""

    taken: Taken
    changed: bool


def hear(session: Session, agent: Agent, delivery: Delivery, now: datetime) -> Heard:
    """Record a delivery of an agent whose key was checked; its row is locked."""
    changed = False
    duplicates = []
    for beat, payload in zip(delivery.beats, delivery.packed, strict=True):
        stored = session.get(AgentSample, (agent.id, beat.sequence))
        duplicates.append(stored is not None)
        if stored is not None:
            _repeated(session, agent, beat, stored, now)
            continue
        session.add(AgentSample(agent_id=agent.id, sequence=beat.sequence, sent_at=beat.sent_at, received_at=now,
                                payload=payload))  # fmt: skip
        _hear_results(session, agent, beat, now)
        if beat.sequence > agent.last_sequence:
            changed = _newest(session, agent, beat, now, live=delivery.live) or changed
    changed = seen(session, agent, now) or changed
    return Heard(Taken(now, tuple(duplicates)), changed)


def seen(session: Session, agent: Agent, now: datetime) -> bool:
    """Whether this made the agent come online."""
    agent.last_seen_at = now
    before = AgentState(agent.state)
    agent.state = NEXT[before, Sign.HEARTBEAT].value
    if agent.state == before:
        return False
    back = before is AgentState.OFFLINE
    tell(session, agent.machine_id, AgentEvent.ONLINE, "agent reports again" if back else "agent reports", now)
    if back:
        _in_service_again(session, agent, SILENT, now)
    signal_machine(session, agent.machine_id, now=now)
    return True


def went_silent(session: Session, agent: Agent, now: datetime) -> None:
    """The caller holds the machine and the agent."""
    agent.state = NEXT[AgentState(agent.state), Sign.SILENCE].value
    said = silence(agent)
    tell(session, agent.machine_id, AgentEvent.OFFLINE, said, now, Level.WARNING)
    _needs_attention(session, agent, said, SILENT_ACTION, now)
    signal_machine(session, agent.machine_id, now=now)


def silence(agent: Agent) -> str:
    return f"{SILENT} since {agent.last_seen_at:%H:%M:%S} UTC"


def forget_what_is_over(session: Session, agent: Agent, now: datetime) -> None:
    """Conditions that no heartbeat can end. The caller holds the machine and the agent."""
    over = {name for name, about in agent.conditions.items() if is_over(name, _moment(about["seen"]), now)}
    _change(session, agent, (), over, now)


def tell(
    session: Session, machine_id: str, kind: AgentEvent, said: str, now: datetime, level: Level = Level.INFO
) -> None:
    timeline.record(session, machine_id, TimelineEvent(Source.AGENT, kind, said, now, level), now=now)


def take_new_key(session: Session, agent: Agent, now: datetime) -> None:
    """The new key was used: the old one is good no more. The enrolment token goes with the agent."""
    assert agent.next_key_hash is not None
    bound = (MachineToken.deployment_id == agent.deployment_id, MachineToken.bound_key_hash == agent.key_hash)
    session.execute(update(MachineToken).where(*bound).values(bound_key_hash=agent.next_key_hash))
    agent.key_hash, agent.next_key_hash = agent.next_key_hash, None
    tell(session, agent.machine_id, AgentEvent.KEY_CHANGED, "the agent uses a new key", now)


def _newest(session: Session, agent: Agent, beat: Heartbeat, now: datetime, *, live: bool) -> bool:
    """Whether it tells what Gough has been waiting for."""
    skew = skew_of(beat, now, live)
    sight = beat.sight(agent.spool_dropped, skew)
    found = list(findings(sight, agent.conditions))
    if clone := two_systems(beat.boot_id, agent.boot_id, agent.previous_boot_id):
        found.append(Finding(CLONE, Condition.DUPLICATED, clone))
    _change(session, agent, found, ended(agent.conditions, {finding.name for finding in found}, sight), now)
    if beat.boot_id != agent.boot_id:
        agent.previous_boot_id, agent.boot_id = agent.boot_id, beat.boot_id
    agent.last_sequence, agent.hostname, agent.version = beat.sequence, beat.hostname, beat.agent_version
    agent.spool_dropped = beat.spool.dropped
    agent.clock_skew_seconds = agent.clock_skew_seconds if skew is None else skew
    heard = beat.boot_hash()
    if heard in ("", agent.boot_heard):
        return False
    agent.boot_heard = heard
    return reports.hear_agent(session, session.get_one(Deployment, agent.deployment_id), beat.samples[BOOT], now)


def _repeated(session: Session, agent: Agent, beat: Heartbeat, stored: AgentSample, now: datetime) -> None:
    """The same number with other content is another system's."""
    same = abs((stored.sent_at - beat.sent_at).total_seconds()) < 0.001
    if not same or unpack(stored.payload).get("boot_id", beat.boot_id) != beat.boot_id:
        _change(session, agent, [Finding(CLONE, Condition.DUPLICATED, other_content(beat.sequence))], (), now)


def _change(
    session: Session, agent: Agent, found: Sequence[Finding], over: set[str] | tuple[()], now: datetime
) -> None:
    """Told once when one begins, and once when it ends; a reason that changes meanwhile is only kept."""
    conditions = {name: about for name, about in agent.conditions.items() if name not in over}
    for finding in found:
        known = conditions.get(finding.name)
        since = known["since"] if known else now.isoformat()
        conditions[finding.name] = {"reason": finding.reason, "since": since, "seen": now.isoformat()}
        if known is None:
            _begun(session, agent, finding, now)
    for name in sorted(over & agent.conditions.keys() if over else ()):
        reason = agent.conditions[name]["reason"]
        tell(session, agent.machine_id, AgentEvent.RECOVERED, f"no more: {reason}", now)
        if name == CLONE:
            _in_service_again(session, agent, DUPLICATED, now)
    agent.conditions = conditions


def _begun(session: Session, agent: Agent, finding: Finding, now: datetime) -> None:
    if finding.kind is Condition.CLOCK_WRONG:
        clocks.tell(session, agent.machine_id, finding.value, now)
        return
    kind, level = BEGUN[kind_of(finding.name)]
    tell(session, agent.machine_id, kind, finding.reason, now, level)
    if finding.kind is Condition.DUPLICATED:
        _needs_attention(session, agent, f"{DUPLICATED}: {finding.reason}", CLONE_ACTION, now)


def _needs_attention(session: Session, agent: Agent, reason: str, action: str, now: datetime) -> None:
    machine = session.get_one(Machine, agent.machine_id)
    if machine.service == ServiceState.IN_SERVICE:
        set_service(machine, ServiceState.ATTENTION, now=now, reason=reason, next_action=action)


def _in_service_again(session: Session, agent: Agent, waited_for: str, now: datetime) -> None:
    """Where nothing but this kept the machine from it."""
    machine = session.get_one(Machine, agent.machine_id)
    only_this = machine.service == ServiceState.ATTENTION and machine.reason.startswith(waited_for)
    if only_this and machine.status == MachineStatus.DEPLOYED:
        job = session.get_one(Deployment, agent.deployment_id).job
        set_service(machine, ServiceState.IN_SERVICE, now=now, reason=in_service.waived_in_words(job))
        in_service.review(session, machine.id, now)


def _hear_results(session: Session, agent: Agent, beat: Heartbeat, now: datetime) -> None:
    """What became of commands; each outcome is heard once."""
    for result in beat.command_results:
        command = session.get(AgentCommand, result.id)
        if command is None or command.agent_id != agent.id or command.outcome is not None:
            continue
        command.outcome, command.said, command.ended_at = result.outcome or "unknown", result.said, now
        said = f"{command.command}: {command.outcome}" + (f": {result.said}" if result.said else "")
        tell(session, agent.machine_id, AgentEvent.COMMANDED, said, now)
    if beat.command_results:
        session.flush()
        still = select(func.count()).where(AgentCommand.agent_id == agent.id, AgentCommand.outcome.is_(None))
        agent.commands_open = session.scalar(still) or 0


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
