"""A backup's rows back into a database, in one transaction: all of them, or what was there before."""

from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, Table, delete, func, select, text

from gough.domain.errors import Conflict, Invalid
from gough.persistence import schema
from gough.persistence.backup.archive import Archive
from gough.persistence.backup.lines import BATCH, insertion, names, row_of
from gough.persistence.database import Database
from gough.persistence.models import Base

SEEDED = frozenset({"metric_marks"})  # the migrations fill these themselves


def restore(archive: Archive, database: Database, *, replace: bool = False) -> None:
    """Everything is checked before anything is written. No Gough may run on this database meanwhile.

    Raises Invalid for a damaged archive or one of another schema, Conflict for a database with something in it, unless
    that is to be replaced.
    """
    _require_same_schema(archive)
    archive.check()
    if schema.current(database) is None:
        schema.upgrade(database)
    schema.require_newest(database)
    writing = database.engine.execution_options(gough_write=True)
    with writing.connect() as connection, connection.begin():
        if not replace:
            _require_empty(connection)
        _clear(connection)
        for table in Base.metadata.sorted_tables:
            _load(archive, connection, table)
            _go_on_counting(connection, table)


def write_files(archive: Archive, folder: Path) -> list[Path]:
    """What was backed up beside the database, below `folder`, 0600. Raises Conflict rather than write over a file."""
    targets = {name: folder / name for name in archive.manifest.files}
    if there := next((path for path in targets.values() if path.exists()), None):
        raise Conflict(f"{there} is there already.", hint="Give a folder that is empty, and move things by hand.")
    for name, path in targets.items():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(0o600)
        with path.open("wb") as file:
            file.writelines(archive.content(name))
    return [*targets.values()]


def _require_same_schema(archive: Archive) -> None:
    manifest, newest = archive.manifest, schema.newest()
    if manifest.schema_revision != newest:
        raise Invalid(
            f"{archive.path} is of schema {manifest.schema_revision}, this version of Gough has {newest}.",
            hint=f"Restore it with Gough {manifest.gough}, which made it; then upgrade.",
        )
    tables = {table.name: tuple(names(table)) for table in Base.metadata.sorted_tables}
    for name in sorted(tables.keys() ^ manifest.tables.keys()):
        raise Invalid(f"{archive.path} is damaged: table {name} is not in both, the manifest and this Gough.")
    for name, columns in tables.items():
        if manifest.tables[name].columns != columns:
            raise Invalid(f"{archive.path} is damaged: table {name} has other columns than this schema.")


def _require_empty(connection: Connection) -> None:
    for table in Base.metadata.sorted_tables:
        if table.name in SEEDED:
            continue
        rows = connection.execute(select(func.count()).select_from(table)).scalar_one()
        if rows:
            raise Conflict(
                f"The database is not empty: {table.name} has {rows} rows.",
                hint="Restore into a new database; or, with every Gough stopped, give --replace to lose what is there.",
            )


def _clear(connection: Connection) -> None:
    tables = [*reversed(Base.metadata.sorted_tables)]
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"TRUNCATE {', '.join(table.name for table in tables)}"))
        return
    for table in tables:
        connection.execute(delete(table))


def _load(archive: Archive, connection: Connection, table: Table) -> None:
    statement = insertion(connection, table)
    lines = archive.lines(table.name)
    while some := [*islice(lines, BATCH)]:
        try:
            rows = [row_of(table, line) for line in some]
        except ValueError as error:
            raise Invalid(f"{archive.path} is damaged: a row of table {table.name}: {error}.") from error
        connection.execute(statement, rows)


def _go_on_counting(connection: Connection, table: Table) -> None:
    """PostgreSQL numbers rows from a sequence, which knows nothing of what was put in."""
    column = table.autoincrement_column
    if column is None or connection.dialect.name != "postgresql":
        return
    sequence = connection.execute(select(func.pg_get_serial_sequence(table.name, column.name))).scalar_one()
    highest = connection.execute(select(func.max(column))).scalar_one()
    if sequence is not None:
        connection.execute(select(func.setval(sequence, highest or 1, highest is not None)))
