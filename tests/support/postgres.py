"""A PostgreSQL server for one test run: made in a temporary folder, on a free port, gone at the end."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import make_url

from gough.persistence import schema
from gough.persistence.database import Database

BIN = Path(os.environ.get("GOUGH_TEST_POSTGRES_BIN", "/usr/lib/postgresql/15/bin"))
GIVEN = "GOUGH_TEST_POSTGRES_URL"
INSTALL = f"apt-get install postgresql-15, or set {GIVEN}"
CAREFREE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "lc_messages=C")
# What is committed outlives the server's death, though not the computer's.
KILLABLE = ("fsync=off", "synchronous_commit=on", "max_connections=200", "lc_messages=C")


def installed() -> bool:
    return (BIN / "initdb").is_file()


def available() -> bool:
    return GIVEN in os.environ or installed()


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
    with running_process() as process:
        yield Postgres(process.url)


class Process:
    """A server in `folder` that a test may kill with -9 and start again, on the same port with what it had."""

    def __init__(self, folder: Path, settings: Sequence[str] = CAREFREE) -> None:
        self._folder, self._settings, self._port = folder, settings, _free_port()
        self._as_user: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        if os.geteuid() == 0:  # initdb and postgres refuse to be root
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
            ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
            self._as_user = ["setpriv", *ids, "--pdeathsig=QUIT"]
        made = ["initdb", "--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", self._data]
        subprocess.run(self._command(*made), check=True, capture_output=True, cwd=folder)

    def start(self) -> None:
        """Returns when it answers."""
        options = [option for setting in self._settings for option in ("-c", setting)]
        where = ["-D", self._data, "-k", str(self._folder), "-h", "127.0.0.1", "-p", str(self._port)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command("postgres", *where, *options),
                stdout=log, stderr=log, cwd=self._folder,
            )  # fmt: skip
        ready = [str(BIN / "pg_isready"), "-q", "-U", "postgres", "-h", str(self._folder), "-p", str(self._port)]
        while subprocess.run([*ready, "-t", "0"], check=False).returncode != 0:
            assert self._process.poll() is None, (self._folder / "log").read_text()

    def kill(self) -> None:
        """-9, to the server and each of its processes: nothing is written any more."""
        if self._process is None:
            return
        server = psutil.Process(self._process.pid)
        server.suspend()  # so that it starts no more of them
        workers = server.children(recursive=True)
        for process in (*workers, server):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(workers)
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)  # PostgreSQL's immediate shutdown: nobody wants the data
            self._process.wait(timeout=30)
            self._process = None

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _command(self, program: str, *arguments: str) -> list[str]:
        return [*self._as_user, str(BIN / program), *arguments]


@contextmanager
def running_process(settings: Sequence[str] = CAREFREE) -> Iterator[Process]:
    """One of our own for as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="gough-postgres-"))
    try:
        process = Process(folder, settings)
        process.start()
        try:
            yield process
        finally:
            process.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
