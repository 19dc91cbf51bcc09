"""Many agents' news in one statement each: arrays on PostgreSQL, one prepared statement on SQLite.

The caller holds the agents' rows, in the order of their ids, so that two groups never wait for each other in a ring.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from gough.persistence.types import Utc


class SampleRow(NamedTuple):
    agent_id: str
    sequence: int
    sent_at: datetime
    received_at: datetime
    payload: bytes


class StateRow(NamedTuple):
    """What an agent's newest heartbeat leaves on its row."""

    id: str
    last_seen_at: datetime
    last_sequence: int
    hostname: str
    version: str
    clock_skew_seconds: float


SAMPLES = {
    "postgresql": """INSERT INTO agent_samples (agent_id, sequence, sent_at, received_at, payload)
        SELECT * FROM unnest(%s::varchar[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::bytea[])
        ON CONFLICT DO NOTHING""",
    "sqlite": """INSERT INTO agent_samples (agent_id, sequence, sent_at, received_at, payload)
        VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING""",
}
STATES = {
    "postgresql": """UPDATE agents SET last_seen_at = new.seen, last_sequence = new.sequence, hostname = new.hostname,
        version = new.version, clock_skew_seconds = new.skew
        FROM unnest(%s::varchar[], %s::timestamptz[], %s::bigint[], %s::varchar[], %s::varchar[], %s::float8[])
        AS new (id, seen, sequence, hostname, version, skew) WHERE agents.id = new.id""",
    "sqlite": """UPDATE agents SET last_seen_at = ?2, last_sequence = ?3, hostname = ?4, version = ?5,
        clock_skew_seconds = ?6 WHERE id = ?1""",
}


def save_samples(session: Session, rows: Sequence[SampleRow]) -> None:
    """One that is there already stays as it is."""
    _run(session, SAMPLES, rows)


def save_states(session: Session, rows: Sequence[StateRow]) -> None:
    """At most one row an agent."""
    _run(session, STATES, rows)


def limit_waiting(session: Session, seconds: int) -> None:
    """A lock that somebody else keeps for longer ends this transaction."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SET LOCAL lock_timeout = '{seconds}s'"))


def _run(session: Session, statements: dict[str, str], rows: Sequence[tuple[object, ...]]) -> None:
    if not rows:
        return
    connection = session.connection()
    statement = statements[connection.dialect.name]
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(statement, tuple(list(column) for column in zip(*rows, strict=True)))
    else:
        moment = Utc()
        plain = [tuple(moment.process_bind_param(v, connection.dialect) if isinstance(v, datetime) else v for v in row)
                 for row in rows]  # fmt: skip
        connection.exec_driver_sql(statement, plain)
