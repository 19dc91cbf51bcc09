"""Databases to measure on: fresh, migrated, gone afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from gough.bootstrap import Application, wire
from gough.config import read_settings
from gough.persistence import schema
from tests.support import postgres

SECRET = "a secret that is long enough for a benchmark"
LOOPBACK = {"GOUGH_MAAS_ON_LOOPBACK": "true"}  # where the emulated region is
# The server is the tests' own, and they trade durability for speed; baseline and figure do so alike.
POSTGRES_NOTE = "PostgreSQL without fsync"


@contextmanager
def wired(url: str, folder: Path, **settings: str) -> Iterator[Application]:
    """A Gough on that database, wired as an entry point does it; nothing runs. `settings` by their names."""
    given = {"DATABASE_URL": url, "SECRET_KEY": SECRET, "GOUGH_DATA_DIR": str(folder), **LOOPBACK, **settings}
    application = wire(read_settings(given))
    schema.upgrade(application.use.database)
    yield application
    application.use.close()
    application.use.database.close()


@contextmanager
def sqlite() -> Iterator[tuple[str, Path]]:
    """(URL, folder)"""
    with TemporaryDirectory(prefix="gough-bench-") as name:
        yield f"sqlite:///{name}/gough.db", Path(name)


@contextmanager
def postgresql() -> Iterator[tuple[str, Path]]:
    """(URL, folder). Ask `postgres.available()` first."""
    with TemporaryDirectory(prefix="gough-bench-") as name, postgres.running() as server:
        url = server.new_database(migrated=False)
        yield url, Path(name)
        server.drop(url)


def each() -> Iterator[tuple[str, str, Path]]:
    """(kind, URL, folder) of every database this computer has."""
    with sqlite() as (url, folder):
        yield "SQLite", url, folder
    if postgres.available():
        with postgresql() as (url, folder):
            yield "PostgreSQL", url, folder
