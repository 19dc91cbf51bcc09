"""A PostgreSQL server for one test run: made in a temporary folder, on a free port, gone at the end."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import make_url

from gough.persistence import schema
from gough.persistence.database import Database

BIN = Path(os.environ.get("GOUGH_TEST_POSTGRES_BIN", "/usr/lib/postgresql/15/bin"))
GIVEN = "GOUGH_TEST_POSTGRES_URL"
INSTALL = f"apt-get install postgresql-15, or set {GIVEN}"
CAREFREE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "lc_messages=C")


def available() -> bool:
    return GIVEN in os.environ or (BIN / "initdb").is_file()


class Postgres:
    """A server on which databases are made. `url` names its maintenance database."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._numbers = count(1)
        self._prefix = f"gough_test_{os.getpid()}_{os.urandom(3).hex()}"
        self._template = ""

    def new_database(self, *, migrated: bool) -> str:
        """The URL of a fresh database, copied from one that was migrated once."""
        if migrated and not self._template:
            self._template = self._create("")
            prepared = Database(self._of(self._template))
            schema.upgrade(prepared)
            prepared.close()
        return self._of(self._create(f"TEMPLATE {self._template}" if migrated else ""))

    def drop(self, url: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {urlsplit(url).path[1:]} WITH (FORCE)")

    def close(self) -> None:
        if self._template:
            self.drop(self._of(self._template))

    def _create(self, how: str) -> str:
        name = f"{self._prefix}_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} {how}")
        return name

    def _of(self, name: str) -> str:
        return urlsplit(self.url)._replace(path=f"/{name}").geturl()

    def execute(self, statement: str) -> None:
        url = make_url(self.url).set(drivername="postgresql+psycopg2")
        with create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(statement)


@contextmanager
def running() -> Iterator[Postgres]:
    """The server that GOUGH_TEST_POSTGRES_URL names, or one of our own for as long as the block lasts."""
    if url := os.environ.get(GIVEN):
        server = Postgres(url)
        yield server
        server.close()
        return
    folder = Path(tempfile.mkdtemp(prefix="gough-postgres-"))
    try:
        with _process(folder) as own_url:
            yield Postgres(own_url)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _process(folder: Path) -> Iterator[str]:
    as_user: list[str] = []
    if os.geteuid() == 0:  # initdb and postgres refuse to be root
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--pdeathsig=QUIT"]
    data, port = folder / "data", _free_port()
    made = [
        *as_user,
        str(BIN / "initdb"),
        "--no-sync",
        "-A",
        "trust",
        "-U",
        "postgres",
        "-E",
        "UTF8",
        "--locale=C",
        str(data),
    ]
    subprocess.run(made, check=True, capture_output=True, cwd=folder)
    options = [option for setting in CAREFREE for option in ("-c", setting)]
    command = [
        *as_user,
        str(BIN / "postgres"),
        "-D",
        str(data),
        "-k",
        str(folder),
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        *options,
    ]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        ready = [str(BIN / "pg_isready"), "-q", "-U", "postgres", "-h", str(folder), "-p", str(port), "-t", "0"]
        while subprocess.run(ready, check=False).returncode != 0:
            assert server.poll() is None, (folder / "log").read_text()
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGQUIT)  # PostgreSQL's immediate shutdown: nobody wants the data
        server.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
