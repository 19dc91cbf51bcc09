"""Agents: enrolment, heartbeats, and noticing silence. The wire is in docs/agent-protocol.md."""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gough.domain.agents import SILENT, AgentState, is_silent
from gough.domain.errors import Conflict, Gone, Unauthenticated
from gough.domain.machine_status import MachineStatus
from gough.domain.service_state import ServiceState
from gough.domain.timeline import AgentEvent, Level, Source, TimelineEvent
from gough.persistence.models import Agent, AgentSample, Deployment, Machine, MachineToken
from gough.services import reports, timeline
from gough.services.context import Use
from gough.services.machines import set_service
from gough.services.secrets import hash_secret
from gough.services.waking import signal_machine
from gough.services.workflow.journal import waived_in_words

BOOT = "cloud_init"  # the collector that tells how the first boot ended


class Enrolment(BaseModel):
    """`enroll_request` of docs/agent-wire-v1.schema.json."""

    model_config = ConfigDict(extra="ignore")

    enrolment_token: str = Field(max_length=256)
    key_hash: str = Field(pattern="^[0-9a-f]{64}$")
    server_id: str = Field("", max_length=128)
    hostname: str = Field("", max_length=255)
    agent_version: str = Field("", max_length=40)
    boot_id: str = Field("", max_length=64)


class Heartbeat(BaseModel):
    """`heartbeat_request` of docs/agent-wire-v1.schema.json."""

    model_config = ConfigDict(extra="ignore")

    sequence: int = Field(ge=1, lt=2**62)
    sent_at: AwareDatetime
    boot_id: str = Field("", max_length=64)
    agent_version: str = Field("", max_length=40)
    hostname: str = Field("", max_length=255)
    samples: dict[str, object] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    interval_seconds: float
    server_time: datetime
    agent_id: str = ""
    duplicate: bool = False


def enrol(use: Use, request: Enrolment) -> Answer:
    """Exchange a deployment's token for the right to report. The same token and key give the same answer again.

    Raises Unauthenticated for an unknown token, Gone for a dead one, Conflict when it is bound to another key.
    """
    with use.database.write() as session:
        now = use.database.now(session)
        token = session.get(MachineToken, hash_secret(request.enrolment_token), with_for_update=True)
        if token is None or token.purpose != "enrol":
            raise Unauthenticated("This enrolment token is not known.", hint="Deploy the machine again.")
        if token.revoked_at is not None or _was_cancelled(session, token):
            raise Gone("The deployment this enrolment token belongs to is over.")
        agent = session.scalars(select(Agent).where(Agent.key_hash == request.key_hash)).one_or_none()
        if token.bound_key_hash is None and agent is None:
            token.bound_key_hash, agent = request.key_hash, _new_agent(session, token, request, now)
        refused = token.bound_key_hash != request.key_hash or agent is None
        if refused:
            said = f"{request.hostname}: the enrolment token is bound to another key"
            event = TimelineEvent(Source.AGENT, AgentEvent.ENROLMENT_REFUSED, said, now, Level.ERROR)
            timeline.record(session, token.machine_id, event, now=now)
        answer = Answer(use.settings.agent_interval_seconds, now, agent.id if agent else "")
    if refused:
        raise Conflict("This enrolment token is bound to another key.", hint="Deploy the machine again.")
    use.waker.wake()
    return answer


def heartbeat(use: Use, agent_id: str, key: str, beat: Heartbeat) -> Answer:
    """Record a heartbeat; the answer goes out after the commit. Raises Unauthenticated, or Gone once released."""
    with use.database.write() as session:
        now = use.database.now(session)
        agent = session.get(Agent, agent_id, with_for_update=True)
        if agent is None or agent.key_hash != hash_secret(key):
            raise Unauthenticated("This agent's key is not known.")
        if agent.revoked_at is not None:
            raise Gone("The machine was released; this agent's key is no longer good.")
        duplicate = session.get(AgentSample, (agent.id, beat.sequence)) is not None
        changed = not duplicate and _record(session, agent, beat, now)
        changed = _seen(session, agent, now) or changed
    if changed:
        use.waker.wake()
    return Answer(use.settings.agent_interval_seconds, now, agent_id, duplicate)


def watch(use: Use) -> None:
    """Notice agents that have fallen silent."""
    interval = timedelta(seconds=use.settings.agent_interval_seconds)
    online = (Agent.state == AgentState.ONLINE.value, Agent.revoked_at.is_(None))
    with use.database.read() as session:
        now = use.database.now(session)
        late = session.scalars(select(Agent.id).where(*online, Agent.last_seen_at < now - interval)).all()
    for agent_id in late:  # a transaction each: it locks the machine and its jobs
        with use.database.write() as session:
            now = use.database.now(session)
            agent = session.scalars(select(Agent).where(Agent.id == agent_id, *online).with_for_update()).first()
            if agent is not None and agent.last_seen_at is not None and is_silent(agent.last_seen_at, now, interval):
                _went_silent(session, agent, now)


def revoke(session: Session, machine_id: str, *, now: datetime) -> None:
    """End every key and token of a machine: what held them is gone, or about to be wiped."""
    for table in (Agent, MachineToken):
        live = (table.machine_id == machine_id, table.revoked_at.is_(None))
        session.execute(update(table).where(*live).values(revoked_at=now))


def newest(session: Session, machine_id: str) -> Agent | None:
    """The machine's living agent."""
    living = select(Agent).where(Agent.machine_id == machine_id, Agent.revoked_at.is_(None))
    return session.scalars(living.order_by(Agent.enrolled_at.desc()).limit(1)).one_or_none()


def _was_cancelled(session: Session, token: MachineToken) -> bool:
    return session.get_one(Deployment, token.deployment_id).job.state == "cancelled"


def _new_agent(session: Session, token: MachineToken, request: Enrolment, now: datetime) -> Agent:
    agent = Agent(
        machine_id=token.machine_id, deployment_id=token.deployment_id, key_hash=request.key_hash,
        hostname=request.hostname, version=request.agent_version, boot_id=request.boot_id, enrolled_at=now,
    )  # fmt: skip
    session.add(agent)
    session.flush()
    said = f"agent {request.agent_version} enrolled from {request.hostname}"
    _tell(session, agent, AgentEvent.ENROLLED, said, now)
    return agent


def _record(session: Session, agent: Agent, beat: Heartbeat, now: datetime) -> bool:
    """Whether it tells what Gough has been waiting for."""
    payload = zlib.compress(orjson.dumps(beat.samples), level=1)
    session.add(
        AgentSample(agent_id=agent.id, sequence=beat.sequence, sent_at=beat.sent_at, received_at=now, payload=payload)
    )
    if beat.sequence <= agent.last_sequence:
        return False
    boot = beat.samples.get(BOOT)
    news = boot is not None and boot != (agent.last_sample or {}).get(BOOT)
    agent.last_sequence, agent.last_sample = beat.sequence, beat.samples
    agent.hostname, agent.version, agent.boot_id = beat.hostname, beat.agent_version, beat.boot_id
    agent.clock_skew_seconds = (beat.sent_at - now).total_seconds()
    return news and reports.hear_agent(session, session.get_one(Deployment, agent.deployment_id), boot, now)


def _seen(session: Session, agent: Agent, now: datetime) -> bool:
    """Whether this made the agent come online."""
    agent.last_seen_at = now
    if agent.state == AgentState.ONLINE:
        return False
    back = agent.state == AgentState.OFFLINE
    agent.state = AgentState.ONLINE.value
    _tell(session, agent, AgentEvent.ONLINE, "agent reports again" if back else "agent reports", now)
    machine = session.get_one(Machine, agent.machine_id)
    only_silent = machine.service == ServiceState.ATTENTION and machine.reason.startswith(SILENT)
    if back and only_silent and machine.status == MachineStatus.DEPLOYED:
        job = session.get_one(Deployment, agent.deployment_id).job
        set_service(machine, ServiceState.IN_SERVICE, now=now, reason=waived_in_words(job))
    signal_machine(session, agent.machine_id, now=now)
    return True


def _went_silent(session: Session, agent: Agent, now: datetime) -> None:
    agent.state = AgentState.OFFLINE.value
    said = f"{SILENT} since {agent.last_seen_at:%H:%M:%S} UTC"
    _tell(session, agent, AgentEvent.OFFLINE, said, now, Level.WARNING)
    machine = session.get_one(Machine, agent.machine_id)
    if machine.service == ServiceState.IN_SERVICE:
        action = "On the machine: `systemctl status gough-agent`; check its power, network and console."
        set_service(machine, ServiceState.ATTENTION, now=now, reason=said, next_action=action)
    signal_machine(session, agent.machine_id, now=now)


def _tell(
    session: Session, agent: Agent, kind: AgentEvent, said: str, now: datetime, level: Level = Level.INFO
) -> None:
    timeline.record(session, agent.machine_id, TimelineEvent(Source.AGENT, kind, said, now, level), now=now)
