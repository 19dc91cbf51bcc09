"""Bringing a database to the schema this version of Gough expects."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from gough.domain.errors import Misconfigured
from gough.persistence.database import Database
from gough.persistence.models import Base

_ADVISORY_LOCK = 0x676F756768  # "gough": one migration at a time over all processes
_LOCK_TIMEOUT = "15s"  # better to fail and be run again than to queue behind, and block, a busy table


def upgrade(database: Database, revision: str = "head") -> None:
    """Apply what is missing. Safe to run from several processes at once."""
    writing = database.engine.execution_options(gough_write=True)  # on SQLite this takes the write lock at once
    with writing.connect() as connection, _without_cascades(connection), connection.begin():
        _lock(connection)
        command.upgrade(_config(connection), revision)
        _check_references(connection)


def current(database: Database) -> str | None:
    """The revision the database is at; None for an empty one."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str | None:
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def require_newest(database: Database) -> None:
    """Raises Misconfigured when the database is older or newer than this version of Gough."""
    have, want = current(database), newest()
    if have != want:
        raise Misconfigured(
            f"The database is at schema {have or 'none'}, this version of Gough needs {want}.",
            hint="Run `gough db upgrade`.",
        )


def differences(database: Database) -> Sequence[Any]:
    """What the models have that the migrated database has not, and the other way round; empty when they agree."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def write_revision(database: Database, message: str) -> None:
    """Draft the next migration from the difference between models and database (a developer's tool)."""
    with database.engine.connect() as connection, connection.begin():
        command.revision(_config(connection), message=message, autogenerate=True)


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _without_cascades(connection: Connection) -> Iterator[None]:
    """SQLite changes a column by making the table anew; dropping the old one must not delete what refers to it.

    https://sqlite.org/lang_altertable.html#otheralter
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute("PRAGMA foreign_keys = OFF")  # has no effect inside a transaction, so before it
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise Misconfigured(
            f"After the migration, a row of {broken[0]} refers to nothing in {broken[2]}; it was rolled back.",
            hint="Restore the database from its backup, or report this.",
        )


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
