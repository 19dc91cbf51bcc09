"""Agents, the tokens that machines enrol and report with, and what agents sent."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gough.persistence.models.base import Base
from gough.persistence.types import BigId, Json, Utc, new_id


class MachineToken(Base):
    """A secret inside a deployment's user-data, stored hashed. `purpose` is `enrol` or `report`.

    An enrolment token is bound to the first key that uses it; repeating that pair gives the same answer.
    """

    __tablename__ = "machine_tokens"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(10))
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id", ondelete="CASCADE"), index=True)
    machine_id: Mapped[str] = mapped_column(ForeignKey("machines.id"))
    bound_key_hash: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Utc)
    revoked_at: Mapped[datetime | None] = mapped_column(Utc)


class Agent(Base):
    """The agent of one deployment of one machine. Its key speaks for that machine and nothing else.

    `next_key_hash` is of a new key that has not been used yet: both are good until it is. `boot_heard` is the hash of
    what was last heard of the boot. `conditions`: {name: reason, since, seen} of what is wrong, see
    `domain.agent_conditions`. Its last sample is the one with `last_sequence`; that one is never pruned.
    """

    __tablename__ = "agents"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("agt"))
    machine_id: Mapped[str] = mapped_column(ForeignKey("machines.id"), index=True)
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id"), index=True)
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(10), default="enrolled")
    hostname: Mapped[str] = mapped_column(String(255), default="")
    version: Mapped[str] = mapped_column(String(40), default="")
    boot_id: Mapped[str] = mapped_column(String(64), default="")
    enrolled_at: Mapped[datetime] = mapped_column(Utc)
    # Not indexed: every heartbeat changes it, and a row whose indexes stay as they are is cheap to change.
    last_seen_at: Mapped[datetime | None] = mapped_column(Utc)
    last_sequence: Mapped[int] = mapped_column(BigId, default=0)
    clock_skew_seconds: Mapped[float] = mapped_column(default=0.0)
    next_key_hash: Mapped[str | None] = mapped_column(String(64))
    previous_boot_id: Mapped[str] = mapped_column(String(64), default="")
    boot_heard: Mapped[str] = mapped_column(String(64), default="")
    conditions: Mapped[dict[str, dict[str, str]]] = mapped_column(Json, default=dict)
    spool_dropped: Mapped[int] = mapped_column(BigId, default=0)
    commands_open: Mapped[int] = mapped_column(default=0)
    revoked_at: Mapped[datetime | None] = mapped_column(Utc)


class AgentSample(Base):
    """One heartbeat, packed: JSON as it came, deflated."""

    __tablename__ = "agent_samples"
    __table_args__ = (Index("ix_agent_samples_received_at", "received_at"),)

    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    sequence: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    sent_at: Mapped[datetime] = mapped_column(Utc)
    received_at: Mapped[datetime] = mapped_column(Utc)
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class AgentCommand(Base):
    """What an agent was asked to do. It is asked again with every answer until it has told the outcome."""

    __tablename__ = "agent_commands"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("cmd"))
    agent_id: Mapped[str] = mapped_column(ForeignKey("agents.id", ondelete="CASCADE"), index=True)
    command: Mapped[str] = mapped_column(String(50))
    asked_by: Mapped[str] = mapped_column(String(150))
    asked_at: Mapped[datetime] = mapped_column(Utc)
    outcome: Mapped[str | None] = mapped_column(String(10))
    said: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[datetime | None] = mapped_column(Utc)
