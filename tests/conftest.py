"""Databases to test against: every test that asks for one runs on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gough.persistence import schema
from gough.persistence.database import Database
from tests.support import postgres
from tests.support.clock import Clock
from tests.support.postgres import Postgres
from tests.support.require import need

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    need(postgres.available(), "PostgreSQL 15", postgres.INSTALL)
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    prepared = Database(f"sqlite:///{path}")
    schema.upgrade(prepared)
    prepared.close()
    return path


def _url(request: pytest.FixtureRequest, kind: str, *, migrated: bool) -> Iterator[str]:
    if kind == "sqlite":
        path: Path = request.getfixturevalue("tmp_path") / "gough.db"
        if migrated:
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    url = server.new_database(migrated=migrated)
    yield url
    server.drop(url)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh database with Gough's tables."""
    yield from _url(request, request.param, migrated=True)


@pytest.fixture(params=KINDS)
def empty_database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh database with nothing in it."""
    yield from _url(request, request.param, migrated=False)


@pytest.fixture
def database(database_url: str, clock: Clock) -> Iterator[Database]:
    """A fresh database whose time is `clock`."""
    made = Database(database_url, clock=clock)
    yield made
    made.close()
