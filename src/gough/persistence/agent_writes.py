"""Many agents' news in one statement each: arrays on PostgreSQL, one prepared statement on SQLite.

The caller holds the agents' rows, in the order of their ids, so that two groups never wait for each other in a ring.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from gough.persistence.models import Agent
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


# What decides whether a heartbeat makes something happen.
HELD = (
    Agent.id, Agent.key_hash, Agent.revoked_at, Agent.state, Agent.last_sequence, Agent.boot_id, Agent.boot_heard,
    Agent.conditions, Agent.spool_dropped, Agent.commands_open, Agent.clock_skew_seconds, Agent.hostname, Agent.version,
)  # fmt: skip
HOLD = f"""SELECT {", ".join(column.key for column in HELD)} FROM agents WHERE id = ANY(%s)
    ORDER BY id FOR NO KEY UPDATE"""  # noqa: S608  (names of columns)


def hold(session: Session, ids: Sequence[str], *, longest_wait: int) -> dict[str, Any]:
    """{id: its row, as HELD}, locked to the end. A lock that somebody else keeps for `longest_wait` seconds ends this.

    On PostgreSQL in one message: a group is written as often as agents report, and messages are what it costs.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        statement = f"SET LOCAL lock_timeout = '{longest_wait}s'; {HOLD}"
        rows = connection.exec_driver_sql(statement, (list(ids),))
    else:
        rows = connection.execute(select(*HELD).where(Agent.id.in_(ids)).order_by(Agent.id))
    return {row.id: row for row in rows}


def save(session: Session, samples: Sequence[SampleRow], states: Sequence[StateRow]) -> None:
    """A sample that is there already stays as it is; of states, at most one an agent."""
    connection = session.connection()
    if connection.dialect.name == "postgresql" and samples and states:
        parameters = (*_columns(samples), *_columns(states))
        connection.exec_driver_sql(f"{SAMPLES['postgresql']}; {STATES['postgresql']}", parameters)
        return
    _run(connection, SAMPLES, samples)
    _run(connection, STATES, states)


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _run(connection: Connection, statements: dict[str, str], rows: Sequence[tuple[object, ...]]) -> None:
    if not rows:
        return
    statement = statements[connection.dialect.name]
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(statement, tuple(_columns(rows)))
    else:
        moment = Utc()
        plain = [tuple(moment.process_bind_param(v, connection.dialect) if isinstance(v, datetime) else v for v in row)
                 for row in rows]  # fmt: skip
        connection.exec_driver_sql(statement, plain)
