"""Taking a backup: every table as it was at one moment, while others go on writing.

On PostgreSQL all tables are read in one REPEATABLE READ transaction, on SQLite in one transaction of its write-ahead
log; neither holds a writer up. pg_dump is not needed, and what it writes could not be compared row by row.
"""

import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, Table

from gough import __version__
from gough.domain.errors import Conflict, Misconfigured
from gough.persistence import schema
from gough.persistence.backup.archive import MANIFEST, FileEntry, Manifest, TableEntry, file_path, table_path
from gough.persistence.backup.lines import Digest, lines, names
from gough.persistence.database import Database
from gough.persistence.models import Base


@dataclass(frozen=True, slots=True)
class Extra:
    """A file, or a folder with all below it, kept as `files/NAME`."""

    name: str
    path: Path


def take(
    database: Database,
    path: Path,
    *,
    extras: Iterable[Extra] = (),
    key_mark: str = "",
    between: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Write the archive (0600): there is the whole of it at `path`, or nothing. `between` is told each table's name.

    Raises Conflict where there is a file already, Misconfigured for a database of another version or unreadable files.
    """
    schema.require_newest(database)
    if path.exists():
        raise Conflict(f"{path} is there already.", hint="Give a name that is free: backups are not written over.")
    with _aside(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        with _at_one_moment(database) as connection:
            made_at, tables = datetime.now(UTC), {}
            for table in Base.metadata.sorted_tables:
                tables[table.name] = _write_table(archive, connection, table)
                between(table.name)
        files = {name: _write_file(archive, name, source) for extra in extras for name, source in _files(extra)}
        manifest = Manifest(
            gough=__version__, schema_revision=schema.newest() or "", made_at=made_at, key_mark=key_mark,
            database=database.engine.dialect.name, tables=tables, files=files,
        )  # fmt: skip
        archive.writestr(MANIFEST, manifest.model_dump_json(indent=1))
    return manifest


@contextmanager
def _at_one_moment(database: Database) -> Iterator[Connection]:
    engine = database.engine
    if not database.is_sqlite:
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with engine.connect() as connection, connection.begin():
        yield connection


def _write_table(archive: zipfile.ZipFile, connection: Connection, table: Table) -> TableEntry:
    sum_, digest = sha256(), Digest()
    with archive.open(_member(table_path(table.name)), "w", force_zip64=True) as member:
        for line in lines(connection, table):
            member.write(line)
            sum_.update(line)
            digest.add(line)
    return TableEntry(columns=tuple(names(table)), rows=digest.rows, sha256=sum_.hexdigest(), digest=digest.value)


def _write_file(archive: zipfile.ZipFile, name: str, source: Path) -> FileEntry:
    try:
        content = source.read_bytes()
    except OSError as error:
        raise Misconfigured(
            f"{source} cannot be read: {error.strerror}.", hint="Run it as a user who may read all of it."
        ) from error
    archive.writestr(_member(file_path(name)), content)
    return FileEntry(bytes=len(content), sha256=sha256(content).hexdigest())


def _files(extra: Extra) -> Iterator[tuple[str, Path]]:
    if not extra.path.exists():
        raise Misconfigured(f"{extra.path} is not there.", hint="Name a file or folder that is to be backed up.")
    if extra.path.is_file():
        yield extra.name, extra.path
        return
    for path in sorted(extra.path.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield f"{extra.name}/{path.relative_to(extra.path).as_posix()}", path


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


@contextmanager
def _aside(path: Path) -> Iterator[IO[bytes]]:
    """A file beside `path` that takes its name when the block ends well, and is on the disk by then."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.link(aside, path)  # not rename: that would take the place of one made in the meantime
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    finally:
        aside.unlink(missing_ok=True)
