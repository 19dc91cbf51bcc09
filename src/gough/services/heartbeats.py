"""Heartbeats: their shape, and writing those that change nothing but the agent's last state, many at a time.

Whatever makes something happen (the first one, one after silence, news of the boot, a condition that comes or goes,
a command's outcome) is left to `hearing`, which takes a transaction for each.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from gough.domain.agent_conditions import Sight, ended, findings
from gough.domain.agents import AgentState
from gough.domain.errors import Gone, Invalid
from gough.domain.plain_text import plain
from gough.persistence.agent_writes import SampleRow, StateRow, hold, save
from gough.persistence.models import Agent, AgentSample
from gough.services.context import Use

BOOT = "cloud_init"  # the collector that tells how the first boot ended
LOCK_SECONDS = 5
RELEASED = "The machine was released; this agent's key is no longer good."


LARGEST = 64 * 1024  # bytes, packed; an agent on a large host has 8 KiB
Plain = Annotated[str, AfterValidator(plain)]


class Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class SpoolState(Lenient):
    dropped: int = Field(0, ge=0, lt=2**62)


class CommandResult(Lenient):
    id: str = Field(max_length=40)
    outcome: str = Field("", max_length=10)
    said: str = Field("", max_length=2000)


class Heartbeat(Lenient):
    """`heartbeat_request` of docs/agent-wire-v1.schema.json, without what Gough does not look at."""

    sequence: int = Field(ge=1, lt=2**62)
    sent_at: AwareDatetime
    boot_id: Plain = Field("", max_length=64)
    agent_version: Plain = Field("", max_length=40)
    hostname: Plain = Field("", max_length=255)
    samples: dict[str, Any] = Field(default_factory=dict)
    collectors: dict[str, Any] = Field(default_factory=dict)
    spool: SpoolState = Field(default_factory=SpoolState)
    command_results: list[CommandResult] = Field(default_factory=list, max_length=100)

    def boot_hash(self) -> str:
        """Of what it says of the boot; empty when it says nothing."""
        said = self.samples.get(BOOT)
        return "" if said is None else sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def sight(self, dropped_before: int, skew: float | None) -> Sight:
        errors = {
            name: str(about["error"])
            for name, about in self.collectors.items()
            if isinstance(about, dict) and about.get("error") is not None
        }
        return Sight(self.samples, errors, self.spool.dropped, dropped_before, skew)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one request brings. `live`: the one measured now, so that its time tells of the machine's clock."""

    agent_id: str
    key_hash: str
    beats: tuple[Heartbeat, ...]
    packed: tuple[bytes, ...]
    live: bool = True


@dataclass(frozen=True, slots=True)
class Taken:
    """`duplicates` has one for each heartbeat of the delivery."""

    now: datetime
    duplicates: tuple[bool, ...]


class Careful(Exception):
    """This delivery makes something happen."""


def pack(message: bytes) -> bytes:
    return zlib.compress(message, level=1)


def require_fitting(payload: bytes) -> None:
    """Raises Invalid for a packed heartbeat that is larger than any agent's."""
    if len(payload) > LARGEST:
        raise Invalid(f"The heartbeat has {len(payload)} bytes, packed; {LARGEST} are the most.")


def unpack(payload: bytes) -> dict[str, Any]:
    """A heartbeat as it came."""
    found: dict[str, Any] = orjson.loads(zlib.decompress(payload, wbits=zlib.MAX_WBITS + 32))
    return found if "samples" in found else {"samples": found}  # as they were packed once


def skew_of(beat: Heartbeat, now: datetime, live: bool) -> float | None:
    return (beat.sent_at - now).total_seconds() if live else None


def counted(session: Session, machine_ids: Sequence[str]) -> dict[str, int]:
    """{machine: how many heartbeats its agents have sent}; none of a machine that never had an agent."""
    if not machine_ids:
        return {}
    query = select(Agent.machine_id, func.sum(Agent.last_sequence)).where(Agent.machine_id.in_(machine_ids))
    return {row[0]: int(row[1]) for row in session.execute(query.group_by(Agent.machine_id))}


@dataclass(slots=True)
class _Group:
    """What is known of the agents of one transaction, and what is to be written."""

    now: datetime
    agents: dict[str, Any]
    stored: set[tuple[str, int]]
    samples: list[SampleRow] = field(default_factory=list)
    states: dict[str, StateRow] = field(default_factory=dict)


def write_group(use: Use, deliveries: Sequence[Delivery]) -> list[Taken | Exception]:
    """All that make nothing happen, in one transaction; Careful for the others, Gone for agents without a right.

    Its time is taken when every row is held, so that what was received before a moment is committed soon after it.
    """
    with use.database.write() as session:
        asked = sorted({delivery.agent_id for delivery in deliveries})
        agents = hold(session, asked, longest_wait=LOCK_SECONDS)
        group = _Group(use.database.now(session), agents, _stored(session, agents, deliveries))
        outcomes = [_outcome(group, delivery) for delivery in deliveries]
        save(session, group.samples, list(group.states.values()))
    return outcomes


def _stored(session: Session, agents: dict[str, Any], deliveries: Sequence[Delivery]) -> set[tuple[str, int]]:
    """Which of the numbers that are no new ones are known. An agent's greatest is the one on its row."""
    asked = [
        (delivery.agent_id, beat.sequence)
        for delivery in deliveries
        for beat in delivery.beats
        if delivery.agent_id in agents and beat.sequence <= agents[delivery.agent_id].last_sequence
    ]
    if not asked:
        return set()
    key = (AgentSample.agent_id, AgentSample.sequence)
    return {(row[0], row[1]) for row in session.execute(select(*key).where(tuple_(*key).in_(asked)))}


def _outcome(group: _Group, delivery: Delivery) -> Taken | Exception:
    agent = group.agents.get(delivery.agent_id)
    if agent is None or agent.key_hash != delivery.key_hash:
        return Careful()
    if agent.revoked_at is not None:
        return Gone(RELEASED)
    again = delivery.agent_id in group.states  # rare: two of its requests in one group
    written = {(row.agent_id, row.sequence) for row in group.samples} if again else set()
    newest = group.states[agent.id].last_sequence if agent.id in group.states else agent.last_sequence
    if any(
        (agent.id, beat.sequence) in group.stored or (agent.id, beat.sequence) in written
        or _makes_news(agent, beat, newest, group.now, delivery.live)
        for beat in delivery.beats
    ):  # fmt: skip
        return Careful()
    for beat, payload in zip(delivery.beats, delivery.packed, strict=True):
        group.samples.append(SampleRow(agent.id, beat.sequence, beat.sent_at, group.now, payload))
    _seen(group, agent, delivery, newest)
    return Taken(group.now, (False,) * len(delivery.beats))


def _makes_news(agent: Any, beat: Heartbeat, newest: int, now: datetime, live: bool) -> bool:
    if agent.state != AgentState.ONLINE.value or agent.commands_open or beat.command_results:
        return True
    if beat.sequence <= newest:
        return False
    if beat.boot_id != agent.boot_id or beat.boot_hash() not in ("", agent.boot_heard):
        return True
    sight = beat.sight(agent.spool_dropped, skew_of(beat, now, live))
    found = {finding.name for finding in findings(sight, agent.conditions)}
    return bool(found - agent.conditions.keys() or ended(agent.conditions, found, sight))


def _seen(group: _Group, agent: Any, delivery: Delivery, newest: int) -> None:
    known = group.states.get(agent.id)
    beat = max(delivery.beats, key=lambda beat: beat.sequence)
    if beat.sequence <= newest:
        same = known or StateRow(
            agent.id, group.now, newest, agent.hostname, agent.version, agent.clock_skew_seconds
        )  # fmt: skip
        group.states[agent.id] = same._replace(last_seen_at=group.now)
        return
    skew = skew_of(beat, group.now, delivery.live)
    skew = (known.clock_skew_seconds if known else agent.clock_skew_seconds) if skew is None else skew
    group.states[agent.id] = StateRow(
        agent.id, group.now, beat.sequence, beat.hostname, beat.agent_version, skew
    )  # fmt: skip
