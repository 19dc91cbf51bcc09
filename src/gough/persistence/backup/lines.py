"""One row as one line of JSON, the same on SQLite and PostgreSQL: moments as ISO text in UTC, bytes as base64, and what
is kept as JSON as the text the database has of it.
"""

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import JSON, Column, Connection, LargeBinary, Select, Table, Text, bindparam, cast, insert, select
from sqlalchemy.sql.dml import Insert

from gough.persistence.types import Utc

BATCH = 1000  # rows in memory at a time
_ALL = 1 << 256


def lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """Every row, by the primary key."""
    rows = connection.execute(_query(table), execution_options={"yield_per": BATCH})
    for row in rows:
        values = [_given(value) for value in row]
        yield json.dumps(values, separators=(",", ":")).encode() + b"\n"


def row_of(table: Table, line: bytes) -> dict[str, Any]:
    """What `insertion` takes. Raises ValueError for what is no row of this table."""
    values = json.loads(line)
    columns = [*table.columns]
    if not isinstance(values, list) or len(values) != len(columns):
        raise ValueError(f"{len(columns)} values were expected")
    return {_bound(column): _taken(column, value) for column, value in zip(columns, values, strict=True)}


def insertion(connection: Connection, table: Table) -> Insert:
    """On PostgreSQL text becomes JSONB by a cast; SQLite keeps it as it is."""
    values: dict[str, Any] = {}
    for column in table.columns:
        if not _is_json(column):
            values[column.name] = bindparam(_bound(column), type_=column.type)
        elif connection.dialect.name == "postgresql":
            values[column.name] = cast(bindparam(_bound(column), type_=Text()), column.type)
        else:
            values[column.name] = bindparam(_bound(column), type_=Text())
    return insert(table).values(values)


class Digest:
    """Of a set of rows, whatever their order: two databases may sort text differently."""

    def __init__(self) -> None:
        self.rows, self._sum = 0, 0

    def add(self, line: bytes) -> None:
        self.rows += 1
        self._sum = (self._sum + int.from_bytes(sha256(line).digest(), "big")) % _ALL

    @property
    def value(self) -> str:
        return f"{self._sum:064x}"


def _query(table: Table) -> Select[Any]:
    wanted = [cast(column, Text) if _is_json(column) else column for column in table.columns]
    return select(*wanted).order_by(*table.primary_key.columns)


def _is_json(column: Column[Any]) -> bool:
    return isinstance(column.type, JSON)


def _bound(column: Column[Any]) -> str:
    return f"new_{column.name}"


def _given(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    return value


def _taken(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, Utc):
        return datetime.fromisoformat(value)
    return base64.b64decode(value, validate=True) if isinstance(column.type, LargeBinary) else value


def names(table: Table) -> Sequence[str]:
    return [column.name for column in table.columns]
