"""The engine and its sessions.

`write()` commits when its block ends well; on SQLite it takes the write lock at once, so that two writers queue
instead of failing half-way. `read()` never commits.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from select import POLLHUP, POLLIN, poll
from threading import Lock
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from gough.domain.errors import Unavailable
from gough.persistence.types import Utc

Clock = Callable[[Session], datetime]
BUSY_SECONDS = 30


class _Moment(FunctionElement[datetime]):
    type = Utc()
    inherit_cache = True


@compiles(_Moment, "sqlite")
def _sqlite_now(_element: _Moment, _compiler: SQLCompiler, **_: Any) -> str:
    return "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"


@compiles(_Moment, "postgresql")
def _postgresql_now(_element: _Moment, _compiler: SQLCompiler, **_: Any) -> str:
    return "clock_timestamp()"


def database_clock(session: Session) -> datetime:
    """The database's own time: the one clock that all processes share."""
    return session.scalars(select(_Moment())).one().astimezone(UTC)


class Database:
    """One database, safe to share between threads."""

    def __init__(self, url: str, *, clock: Clock = database_clock, pool_size: int = 20) -> None:
        self.now = clock
        self.last_commit = object()
        """Another one after each commit of this process: whoever kept it sees whether anything was written since."""
        self.engine = _engine(url, pool_size)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._read = sessionmaker(self.engine, expire_on_commit=False)
        # SQLite's own queue for writers polls, up to 100 ms a look; threads of this process queue here instead.
        self._turn = Lock() if self.is_sqlite else nullcontext()
        self._write = sessionmaker(self.engine.execution_options(gough_write=True), expire_on_commit=False)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session whose changes are dropped. Raises Unavailable when the database does not answer."""
        with self._session(self._read) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that commits once, at the end. Raises Unavailable when the database does not answer."""
        with self._turn, self._session(self._write) as session:
            yield session
            session.commit()
            self.last_commit = object()

    @contextmanager
    def _session(self, factory: sessionmaker[Session]) -> Iterator[Session]:
        try:
            with factory() as session:
                yield session
        except OperationalError as error:
            raise Unavailable(
                "database", str(error.orig), hint="Check that the database runs and is reachable."
            ) from error

    def close(self) -> None:
        self.engine.dispose()


def _engine(url: str, pool_size: int) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(
            parsed.set(drivername="postgresql+psycopg2"), pool_size=pool_size, max_overflow=10,
            executemany_mode="values_plus_batch",  # many updates in one message, too
            json_deserializer=_loads,
        )  # fmt: skip
        event.listen(engine, "checkout", _require_open)
        return engine
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(
        parsed, pool_size=pool_size, max_overflow=200, connect_args={"timeout": BUSY_SECONDS}, json_deserializer=_loads
    )
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _require_open(connection: Any, _record: Any, _proxy: Any) -> None:
    """A server that went away has closed its end: the pool then opens another. A question to it would cost a tenth of a
    millisecond each time.
    """
    waiting = poll()
    waiting.register(connection.fileno(), POLLIN | POLLHUP)
    if waiting.poll(0):  # nothing is to come on a connection that rests, but its end
        raise DisconnectionError("the database closed it")


def _loads(text: str) -> Any:
    """Ten times faster than json, which reads what only json writes: NaN."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def _sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy, not the driver, says when a transaction begins
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _sqlite_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("gough_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
