"""The driver under SQLAlchemy, by itself: what any program on this database pays."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import psycopg2


class Raw:
    """One connection. Statements are written with `?`."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite")
        self._connection: Any = (
            sqlite3.connect(url.removeprefix("sqlite:///")) if self.is_sqlite else psycopg2.connect(url)
        )
        if self.is_sqlite:
            self._connection.execute("PRAGMA synchronous = FULL")  # as Gough has it

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        """Run it in a transaction of its own; every row."""
        cursor = self._connection.cursor()
        cursor.execute(statement if self.is_sqlite else statement.replace("?", "%s"), tuple(values))
        found: list[Any] = cursor.fetchall()
        self._connection.commit()
        return found

    def close(self) -> None:
        self._connection.close()
