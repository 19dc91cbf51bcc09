"""Whether a backup can be restored: it is, into a scratch database, and every row is compared."""

import tempfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, Table

from gough.domain.errors import Invalid
from gough.persistence.backup.archive import Archive
from gough.persistence.backup.lines import Digest, lines
from gough.persistence.backup.restoring import restore
from gough.persistence.database import Database
from gough.persistence.models import Base


def verify(archive: Archive, scratch: str = "") -> int:
    """Rows compared. `scratch` is an empty database's URL and keeps them; without it, an SQLite file that goes away.

    Raises what `restore` raises, and Invalid naming the table and row that came back otherwise.
    """
    with tempfile.TemporaryDirectory(prefix="gough-verify-") as folder:
        url = scratch or f"sqlite:///{Path(folder) / 'scratch.db'}"
        with closing(Database(url)) as database:
            restore(archive, database)
            with database.engine.connect() as connection:
                return sum(_compared(archive, connection, table) for table in Base.metadata.sorted_tables)


def _compared(archive: Archive, connection: Connection, table: Table) -> int:
    entry, digest = archive.manifest.tables[table.name], Digest()
    for line in lines(connection, table):
        digest.add(line)
    if (digest.rows, digest.value) != (entry.rows, entry.digest):
        raise Invalid(
            f"{archive.path}: table {table.name} came back otherwise: {_difference(archive, connection, table)}.",
            hint="This backup is not good: take another, and report this.",
        )
    return digest.rows


def _difference(archive: Archive, connection: Connection, table: Table) -> str:
    """Rows are named by their keys alone: they may hold secrets."""
    wanted = {sha256(line).digest() for line in archive.lines(table.name)}
    found = 0
    for number, line in enumerate(lines(connection, table), start=1):
        found = number
        if sha256(line).digest() not in wanted:
            return f"its row {number} is not one that was backed up"
    return f"{found} rows instead of {archive.manifest.tables[table.name].rows}, or another checksum"
