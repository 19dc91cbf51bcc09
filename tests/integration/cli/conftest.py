"""The command line as it is typed, on a Gough with an emulated region."""

import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import structlog

from gough.bootstrap import Application
from gough.cli import embedded
from gough.cli.main import main
from gough.cli.remote import connecting
from gough.client import Client
from gough.domain.permissions import Role
from gough.jobs.executor import Executor
from gough.jobs.followers import Followers
from gough.persistence.database import Database
from gough.services import tokens
from gough.web.guard import Guard
from gough.web.wsgi import create
from tests.support.clock import Clock
from tests.support.people import PASSWORD, account
from tests.support.site import Site


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Gough = Callable[..., Ended]


def serving(site: Site) -> Application:
    return Application(site.use, site.bell, Executor(site.use, site.bell), Followers(site.use))


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever runs the tests may have contexts of their own."""
    for name in ("GOUGH_CONTEXT", "GOUGH_URL", "GOUGH_TOKEN", "GOUGH_TOKEN_FILE", "GOUGH_CA_FILE", "GOUGH_ALLOW_HTTP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GOUGH_CONFIG", str(tmp_path / "config" / "config.toml"))
    # As `embedded.application` does, which these tests put another in the place of.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


@pytest.fixture
def site(sqlite_template: Path, clock: Clock, tmp_path: Path) -> Iterator[Site]:
    shutil.copy(sqlite_template, tmp_path / "gough.db")
    database = Database(f"sqlite:///{tmp_path / 'gough.db'}", clock=clock)
    made = Site(database, clock, {"GOUGH_DATA_DIR": str(tmp_path), "DEBUG": "true"})
    made.prepare(tmp_path / "library")
    yield made
    made.close()
    database.close()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gough:
    """The command line, wherever it works."""

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["gough", *words])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture
def here(site: Site, typed: Gough, monkeypatch: pytest.MonkeyPatch) -> Gough:
    """On the host itself: `here("machine", "lock", "web-1")`."""
    monkeypatch.setattr(embedded, "application", lambda: serving(site))
    return typed


@pytest.fixture
def guard(site: Site) -> Iterator[Guard]:
    """The site's whole web, without a network."""
    made = create(serving(site))
    yield made
    made.site.feed.close()


@pytest.fixture
def remote(site: Site, guard: Guard, typed: Gough, monkeypatch: pytest.MonkeyPatch) -> Gough:
    """Against the site's API, as the administrator root, who signs in anew for each command."""
    account(site.use, "root", Role.ADMIN)
    transport = httpx.WSGITransport(guard)
    connected = lambda server: Client(server.context.url, token=server.token, transport=transport)  # noqa: E731
    monkeypatch.setattr(connecting, "connected", connected)
    monkeypatch.setenv("GOUGH_URL", "https://gough.example")

    def run(*words: str) -> Ended:
        tokens_made = tokens.sign_in(site.use, "root", PASSWORD, code="", address="127.0.0.1")
        monkeypatch.setenv("GOUGH_TOKEN", tokens_made.access)
        return typed(*words)

    return run


@pytest.fixture(params=["here", "remote"])
def gough(request: pytest.FixtureRequest) -> Gough:
    """Both ways, one after the other: `gough("machine", "lock", "web-1")`."""
    found: Gough = request.getfixturevalue(request.param)
    return found
