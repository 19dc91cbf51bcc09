"""Agents: enrolment, heartbeats, and noticing silence. The wire is in docs/agent-protocol.md."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gough.domain.agent_conditions import FORGOTTEN
from gough.domain.agents import AgentState, is_silent
from gough.domain.errors import Conflict, Gone, Unauthenticated, Unavailable
from gough.domain.timeline import AgentEvent, Level, Source, TimelineEvent
from gough.persistence.group_commit import Full
from gough.persistence.models import Agent, AgentSample, Deployment, Machine, MachineToken
from gough.services import commands, hearing
from gough.services.context import Use
from gough.services.heartbeats import (
    RELEASED,
    Careful,
    Delivery,
    Heartbeat,
    Taken,
    pack,
    require_fitting,
    unpack,
    write_group,
)
from gough.services.once import record_once
from gough.services.secrets import hash_secret
from gough.services.waking import lock_machine

__all__ = [
    "Answer", "Delivery", "Enrolment", "Heartbeat", "change_key", "deliver", "enrol", "heartbeat", "last_heartbeat",
    "newest", "revoke", "watch",
]  # fmt: skip


class Enrolment(BaseModel):
    """`enroll_request` of docs/agent-wire-v1.schema.json."""

    model_config = ConfigDict(extra="ignore")

    enrolment_token: str = Field(max_length=256)
    key_hash: str = Field(pattern="^[0-9a-f]{64}$")
    server_id: str = Field("", max_length=128)
    hostname: str = Field("", max_length=255)
    agent_version: str = Field("", max_length=40)
    boot_id: str = Field("", max_length=64)


@dataclass(frozen=True, slots=True)
class Answer:
    interval_seconds: float
    server_time: datetime
    agent_id: str = ""
    duplicate: bool = False
    duplicates: tuple[bool, ...] = ()
    commands: tuple[dict[str, str], ...] = ()


def enrol(use: Use, request: Enrolment) -> Answer:
    """Exchange a deployment's token for the right to report. The same token and key give the same answer again.

    Raises Unauthenticated for an unknown token, Gone for a dead one, Conflict when it is bound to another key or
    belongs to another machine than the one that asks.
    """
    with use.database.write() as session:
        now = use.database.now(session)
        token = session.get(MachineToken, hash_secret(request.enrolment_token), with_for_update=True)
        if token is None or token.purpose != "enrol":
            raise Unauthenticated("This enrolment token is not known.", hint="Deploy the machine again.")
        if token.revoked_at is not None or _was_cancelled(session, token):
            raise Gone("The deployment this enrolment token belongs to is over.")
        refused = _refused_as_another_machine(session, token, request, now)
        agent = None if refused else _agent_for(session, token, request, now)
        if agent is None and not refused:
            refused = "This enrolment token is bound to another key."
            said = f"{request.hostname}: the enrolment token is bound to another key"
            hearing.tell(session, token.machine_id, AgentEvent.ENROLMENT_REFUSED, said, now, Level.ERROR)
        answer = Answer(use.settings.agent_interval_seconds, now, agent.id if agent else "")
    if refused:
        raise Conflict(refused, hint="Deploy the machine again, or adopt it: it gets a token of its own.")
    use.waker.wake()
    return answer


def heartbeat(use: Use, agent_id: str, key: str, beat: Heartbeat, packed: bytes = b"") -> Answer:
    """Record a heartbeat; the answer goes out after the commit. `packed` is it as it came, for keeping.

    Raises Invalid, Unauthenticated, Gone once released, Unavailable when more wait than can be written.
    """
    payload = packed or pack(beat.model_dump_json().encode())
    require_fitting(payload)
    answer = deliver(use, Delivery(agent_id, hash_secret(key), (beat,), (payload,)))
    return replace(answer, duplicate=answer.duplicates[0])


def deliver(use: Use, delivery: Delivery) -> Answer:
    """Record a delivery, with others that come at the same time. Raises as `heartbeat` does."""
    interval = use.settings.agent_interval_seconds
    use.allowance.spend(delivery.agent_id, sum(map(len, delivery.packed)), use.timer())
    try:
        taken: Taken = use.heartbeats.submit(delivery, partial(write_group, use))
    except Careful:
        return _carefully(use, delivery)
    except Full:
        raise Unavailable("database", "More heartbeats wait than can be written.", hint="Send it again.") from None
    return Answer(interval, taken.now, delivery.agent_id, duplicates=taken.duplicates)


def change_key(use: Use, agent_id: str, key: str, key_hash: str) -> datetime:
    """Take a second key beside the agent's: both are good until the new one is used. The same again changes nothing.

    Raises Unauthenticated, Gone, Conflict when the key is another agent's.
    """
    given = hash_secret(key)
    with use.database.write() as session:
        agent = session.get(Agent, agent_id, with_for_update={"key_share": True})
        if agent is None or given not in (agent.key_hash, agent.next_key_hash):
            raise Unauthenticated("This agent's key is not known.")
        if agent.revoked_at is not None:
            raise Gone(RELEASED)
        if session.scalars(select(Agent.id).where(Agent.key_hash == key_hash, Agent.id != agent.id)).first():
            raise Conflict("This key is another agent's.", hint="Make a new one: 32 random bytes.")
        if key_hash != agent.key_hash:
            agent.next_key_hash = key_hash
        return use.database.now(session)


def watch(use: Use) -> None:
    """Notice agents that have fallen silent, and conditions that are over."""
    interval = timedelta(seconds=use.settings.agent_interval_seconds)
    online = (Agent.state == AgentState.ONLINE.value, Agent.revoked_at.is_(None))
    columns = (Agent.id, Agent.machine_id, Agent.last_seen_at, Agent.conditions)
    with use.database.read() as session:
        now = use.database.now(session)
        late = [
            (row.id, row.machine_id)
            for row in session.execute(select(*columns).where(*online))
            if row.last_seen_at < now - interval or FORGOTTEN.keys() & row.conditions.keys()
        ]
    for agent_id, machine_id in late:  # a transaction each: it locks the machine and its jobs
        with use.database.write() as session:
            lock_machine(session, machine_id)
            found = select(Agent).where(Agent.id == agent_id, *online).with_for_update(key_share=True)
            agent, now = session.scalars(found).first(), use.database.now(session)
            if agent is not None:
                hearing.forget_what_is_over(session, agent, now)
            if agent is not None and agent.last_seen_at is not None and is_silent(agent.last_seen_at, now, interval):
                hearing.went_silent(session, agent, now)


def revoke(session: Session, machine_id: str, *, now: datetime) -> None:
    """End every key and token of a machine: what held them is gone, or about to be wiped."""
    for table in (Agent, MachineToken):
        live = (table.machine_id == machine_id, table.revoked_at.is_(None))
        session.execute(update(table).where(*live).values(revoked_at=now))


def newest(session: Session, machine_id: str) -> Agent | None:
    """The machine's living agent."""
    living = select(Agent).where(Agent.machine_id == machine_id, Agent.revoked_at.is_(None))
    return session.scalars(living.order_by(Agent.enrolled_at.desc()).limit(1)).one_or_none()


def last_heartbeat(session: Session, agent: Agent) -> dict[str, Any]:
    """As it came; empty before the first."""
    stored = session.get(AgentSample, (agent.id, agent.last_sequence))
    return unpack(stored.payload) if stored else {}


def _carefully(use: Use, delivery: Delivery) -> Answer:
    """A transaction for this delivery alone."""
    with use.database.write() as session:
        machine_id = session.scalar(select(Agent.machine_id).where(Agent.id == delivery.agent_id))
        if machine_id is not None:
            lock_machine(session, machine_id)
        agent = session.get(Agent, delivery.agent_id, with_for_update={"key_share": True})
        now = use.database.now(session)
        known = agent is not None and delivery.key_hash in (agent.key_hash, agent.next_key_hash)
        heard = None
        if agent is None or not known:
            _key_rejected(session, agent, delivery.agent_id, now)
        elif agent.revoked_at is not None:
            raise Gone(RELEASED)
        else:
            if delivery.key_hash == agent.next_key_hash:
                hearing.take_new_key(session, agent, now)
            heard = hearing.hear(session, agent, delivery, now)
        asked = commands.open_of(session, agent) if agent is not None and heard else ()
    if heard is None:
        raise Unauthenticated("This agent's key is not known.")
    if heard.changed:
        use.waker.wake()
    interval, taken = use.settings.agent_interval_seconds, heard.taken
    return Answer(interval, now, delivery.agent_id, duplicates=taken.duplicates, commands=asked)


def _was_cancelled(session: Session, token: MachineToken) -> bool:
    return session.get_one(Deployment, token.deployment_id).job.state == "cancelled"


def _agent_for(session: Session, token: MachineToken, request: Enrolment, now: datetime) -> Agent | None:
    """The agent of this token and key, a new one at the first time. None when the token is bound to another key."""
    agent = session.scalars(select(Agent).where(Agent.key_hash == request.key_hash)).one_or_none()
    if token.bound_key_hash is None and agent is None:
        token.bound_key_hash = request.key_hash
        return _new_agent(session, token, request, now)
    return agent if token.bound_key_hash == request.key_hash else None


def _refused_as_another_machine(session: Session, token: MachineToken, request: Enrolment, now: datetime) -> str:
    """Why the machine that calls itself `server_id` may not use this token; empty when the token is its own.

    A copied disk brings another machine's token along. Both machines' timelines tell, the asker's if it is known.
    """
    owner = session.get_one(Machine, token.machine_id)
    if request.server_id in ("", owner.id, owner.system_id):
        return ""
    asker = _machine_called(session, request.server_id)
    name = asker.hostname if asker else request.server_id
    if asker is not None:
        said = f"{name}: came with the enrolment token of another machine, {owner.hostname}"
        _tell_once(session, asker.id, AgentEvent.ENROLMENT_REFUSED, said, now, Level.ERROR)
    said = f"{name} tried to enrol with the token of {owner.hostname}; it was refused"
    _tell_once(session, owner.id, AgentEvent.TOKEN_MISUSED, said, now, Level.WARNING)
    return "This enrolment token belongs to another machine."


def _key_rejected(session: Session, agent: Agent | None, agent_id: str, now: datetime) -> None:
    """Told where it can be known which machine knocks: by its agent's id, or by its own where a key was given to it."""
    machine = session.get(Machine, agent.machine_id) if agent else _machine_called(session, agent_id)
    if machine is not None:
        said = f"a heartbeat for {agent_id} came with a key that is not this machine's"
        _tell_once(session, machine.id, AgentEvent.KEY_REJECTED, said, now, Level.WARNING)


def _machine_called(session: Session, name: str) -> Machine | None:
    """By its id, or by its system_id when only one region has that."""
    found = session.scalars(select(Machine).where((Machine.id == name) | (Machine.system_id == name)).limit(2)).all()
    return found[0] if len(found) == 1 else None


def _new_agent(session: Session, token: MachineToken, request: Enrolment, now: datetime) -> Agent:
    agent = Agent(
        machine_id=token.machine_id, deployment_id=token.deployment_id, key_hash=request.key_hash,
        hostname=request.hostname, version=request.agent_version, boot_id=request.boot_id, enrolled_at=now,
    )  # fmt: skip
    session.add(agent)
    session.flush()
    said = f"agent {request.agent_version} enrolled from {request.hostname}"
    hearing.tell(session, agent.machine_id, AgentEvent.ENROLLED, said, now)
    return agent


def _tell_once(session: Session, machine_id: str, kind: AgentEvent, said: str, now: datetime, level: Level) -> None:
    """What knocks in vain knocks again and again: it is told once in each of the machine's jobs."""
    record_once(session, machine_id, TimelineEvent(Source.AGENT, kind, said, now, level), now=now)
