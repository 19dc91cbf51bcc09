"""Backups on SQLite and PostgreSQL: taken while rows are written, refused when damaged, back row by row."""

import stat
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from gough.domain.errors import Conflict, GoughError, Invalid, Misconfigured
from gough.persistence.backup import Archive, Extra, restore, take, verify
from gough.persistence.backup.archive import MANIFEST
from gough.persistence.backup.lines import lines
from gough.persistence.backup.restoring import write_files
from gough.persistence.database import Database
from gough.persistence.models import Base

AT = datetime(2026, 2, 28, 23, 59, 59, 123456, tzinfo=UTC)
TABLES = Base.metadata.tables
COUNTER, WINDOWS, CHECKPOINTS = TABLES["settings"], TABLES["maintenance_windows"], TABLES["audit_checkpoints"]
ODD = 'quotes " and \\ and \n, ß, 漢, 😀, {"a": 1}'


def window(number: int) -> dict[str, Any]:
    return {
        "id": f"win_{number}", "name": f"{number} {ODD}"[:60], "applies": {"z": [number, None, 1.5], "a": ODD},
        "days": [0, 6], "start": "22:00", "minutes": number, "timezone": "UTC", "created_by": "ada", "created_at": AT,
    }  # fmt: skip


def checkpoint(number: int) -> dict[str, Any]:
    return {
        "position": 2**40 + number,
        "hash": f"{number:064x}",
        "at": AT,
        "kind": "",
        "signature": "",
        "public_key": "",
    }


def write_one(connection: Connection, number: int) -> None:
    """Three tables in one transaction: a backup has all of it or nothing."""
    connection.execute(insert(WINDOWS), window(number))
    connection.execute(update(COUNTER).where(COUNTER.c.name == "count"), {"value": number})
    connection.execute(insert(CHECKPOINTS), checkpoint(number))


def start_counting(database: Database) -> None:
    with database.write() as session:
        session.connection().execute(insert(COUNTER), {"name": "count", "value": 0})


def content(database: Database) -> dict[str, list[bytes]]:
    with database.engine.connect() as connection:
        return {name: sorted(lines(connection, table)) for name, table in TABLES.items()}


@contextmanager
def writing(database: Database) -> Iterator[Event]:
    """One transaction after the other; the event is set after some of them."""
    ended, some, failed = Event(), Event(), []

    def work() -> None:
        number = 0
        try:
            while not ended.is_set():
                number += 1
                with database.write() as session:
                    write_one(session.connection(), number)
                if number == 20:
                    some.set()
        except Exception as error:  # told to the test, which would wait otherwise
            failed.append(error)
            some.set()

    thread = Thread(target=work)
    thread.start()
    try:
        yield some
    finally:
        ended.set()
        thread.join(30)
    assert not failed, failed


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Database, Database]]:
    """A database with tables and an empty one, of the same kind."""
    if request.param == "sqlite":
        urls = [f"sqlite:///{tmp_path / name}.db" for name in ("full", "fresh")]
        (tmp_path / "full.db").write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
    else:
        server = request.getfixturevalue("postgres_server")
        urls = [server.new_database(migrated=True), server.new_database(migrated=False)]
    full, fresh = (Database(url) for url in urls)
    yield full, fresh
    for each, url in ((full, urls[0]), (fresh, urls[1])):
        each.close()
        if request.param != "sqlite":
            server.drop(url)


def test_a_backup_under_load_is_one_moment_and_comes_back_row_by_row(
    pair: tuple[Database, Database], tmp_path: Path
) -> None:
    full, fresh = pair
    start_counting(full)
    with writing(full) as some:
        assert some.wait(60)

        def hold(table: str) -> None:
            """Between two tables, others go on: what they write must not be seen by the tables after."""
            if table != "audit_checkpoints":
                return
            with full.engine.connect() as connection:
                seen = connection.execute(select(COUNTER.c.value)).scalar_one()
                while connection.execute(select(COUNTER.c.value)).scalar_one() < seen + 3:
                    connection.rollback()

        made = take(full, tmp_path / "b.zip", between=hold)
    with Archive(tmp_path / "b.zip") as archive:
        restore(archive, fresh)
        assert verify(archive) == made.rows
    with fresh.engine.connect() as connection:
        count = connection.execute(select(COUNTER.c.value)).scalar_one()
        windows = {row.id: dict(row._mapping) for row in connection.execute(select(WINDOWS))}
        points = {row.position: dict(row._mapping) for row in connection.execute(select(CHECKPOINTS))}
    assert count >= 20
    assert windows == {f"win_{number}": window(number) for number in range(1, count + 1)}
    assert points == {2**40 + number: checkpoint(number) for number in range(1, count + 1)}
    assert made.tables["maintenance_windows"].rows == count
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600


def test_what_is_restored_is_what_was_there_in_every_table(pair: tuple[Database, Database], tmp_path: Path) -> None:
    full, fresh = pair
    start_counting(full)
    with full.write() as session:
        for number in range(1, 2300):  # more than two batches
            write_one(session.connection(), number)
    take(full, tmp_path / "b.zip")
    with Archive(tmp_path / "b.zip") as archive:
        restore(archive, fresh)
        assert content(fresh) == content(full)
        with pytest.raises(Conflict, match=r"not empty: .* has .* rows"):
            restore(archive, fresh)
        with fresh.write() as session:
            session.connection().execute(WINDOWS.delete())
        restore(archive, fresh, replace=True)
    assert content(fresh) == content(full)


@pytest.mark.postgres
def test_rows_are_numbered_on_from_the_last_that_came_back(pair: tuple[Database, Database], tmp_path: Path) -> None:
    full, fresh = pair
    audit = TABLES["audit_log"]
    words = dict.fromkeys(("actor", "via", "action", "target", "outcome", "address", "request_id"), "x")
    row = {**words, "at": AT, "change": "{}"}
    with full.write() as session:
        session.connection().execute(insert(audit), [row] * 3)
    take(full, tmp_path / "b.zip")
    with Archive(tmp_path / "b.zip") as archive:
        restore(archive, fresh)
    with fresh.write() as session:
        assert session.connection().execute(insert(audit).returning(audit.c.id), row).scalar_one() == 4


def test_sqlite_moves_to_postgresql(pair: tuple[Database, Database], postgres_server: Any, tmp_path: Path) -> None:
    full, _ = pair
    start_counting(full)
    with full.write() as session:
        write_one(session.connection(), 1)
    take(full, tmp_path / "b.zip")
    url = postgres_server.new_database(migrated=False)
    with closing(Database(url)) as there, Archive(tmp_path / "b.zip") as archive:
        restore(archive, there)
        with there.engine.connect() as connection:
            assert dict(connection.execute(select(WINDOWS)).one()._mapping) == window(1)
    postgres_server.drop(url)


@pytest.fixture
def archive_file(sqlite_template: Path, tmp_path: Path) -> Path:
    (tmp_path / "full.db").write_bytes(sqlite_template.read_bytes())
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "secret_key").write_text("of a test")
    with closing(Database(f"sqlite:///{tmp_path / 'full.db'}")) as database:
        start_counting(database)
        with database.write() as session:
            write_one(session.connection(), 1)
        take(database, tmp_path / "b.zip", extras=[Extra("secrets", folder)])
    return tmp_path / "b.zip"


def rewritten(path: Path, changes: dict[str, bytes | None]) -> Path:
    """The same archive with members of other content, or without them."""
    target = path.with_name("damaged.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = changes.get(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
    return target


WINDOW_LINES = "tables/maintenance_windows.jsonl"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({WINDOW_LINES: None}, f"{WINDOW_LINES} is missing"),
        ({WINDOW_LINES: b""}, "table maintenance_windows has 0 rows, and 1 were backed up"),
        ({WINDOW_LINES: b'["win_9"]\n'}, "table maintenance_windows is not as it was written"),
        ({"files/secrets/secret_key": b"of another"}, "file secrets/secret_key is not as it was written"),
        ({MANIFEST: None}, "no manifest.json"),
        ({MANIFEST: b"{}"}, "manifest.json cannot be understood"),
    ],
)
def test_a_damaged_archive_is_refused_by_name(
    archive_file: Path, tmp_path: Path, changes: dict[str, bytes | None], says: str
) -> None:
    with closing(Database(f"sqlite:///{tmp_path / 'fresh.db'}")) as fresh:
        with pytest.raises(Invalid, match=says), Archive(rewritten(archive_file, changes)) as archive:
            restore(archive, fresh)
        assert not (tmp_path / "fresh.db").exists(), "nothing was begun"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.99])
def test_a_file_that_was_cut_or_changed_on_its_way_is_refused(archive_file: Path, share: float) -> None:
    whole = archive_file.read_bytes()
    at = int(len(whole) * share)
    for broken in (whole[:at], whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]):
        archive_file.write_bytes(broken)
        try:
            with Archive(archive_file) as archive:
                archive.check()
        except Invalid as error:
            assert "is damaged: " in str(error)
        else:
            assert len(broken) == len(whole), "a byte that means nothing, like a time"


def test_nothing_is_written_over_and_nothing_half_is_left(archive_file: Path, tmp_path: Path) -> None:
    before = archive_file.read_bytes()
    with closing(Database(f"sqlite:///{tmp_path / 'full.db'}")) as database:
        with pytest.raises(Conflict):
            take(database, archive_file)
        with pytest.raises(Misconfigured, match="gone is not there"):
            take(database, tmp_path / "new.zip", extras=[Extra("gone", tmp_path / "gone")])
    assert archive_file.read_bytes() == before
    assert not [path for path in tmp_path.iterdir() if "new.zip" in path.name]
    with Archive(archive_file) as archive:
        (written,) = write_files(archive, tmp_path / "back")
        assert written.read_text() == "of a test" and stat.S_IMODE(written.stat().st_mode) == 0o600
        with pytest.raises(GoughError, match="is there already"):
            write_files(archive, tmp_path / "back")
