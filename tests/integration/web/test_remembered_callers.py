"""Who asks is remembered for a moment: what is revoked ends at once here, and a second later in another process."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from gough.bootstrap import Application
from gough.jobs.executor import Executor
from gough.jobs.followers import Followers
from gough.persistence.database import Database
from gough.persistence.models import LoginSession, User
from gough.web.wsgi import create
from tests.integration.web.conftest import BASE, Client, serving
from tests.support.site import Site

ME = "/api/v1/auth/me"


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


@pytest.fixture
def elsewhere(site: Site, tmp_path: Path) -> Iterator[Database]:
    """Another process' way into the same database."""
    made = Database(f"sqlite:///{tmp_path / 'gough.db'}", clock=site.clock)
    yield made
    made.close()


def test_a_session_that_ends_here_is_over_at_once(admin: Client) -> None:
    assert admin.get(ME).status_code == 200
    assert admin.post("/logout", data={"csrf_token": admin.csrf}).status_code == 303
    assert admin.get(ME).status_code == 401


def test_what_another_process_changes_counts_within_a_second(admin: Client, site: Site, elsewhere: Database) -> None:
    assert admin.get(ME).json()["role"] == "admin"
    with elsewhere.write() as session:
        session.execute(update(User).values(role="viewer"))
    site.clock.forward(seconds=1)
    assert admin.get(ME).json()["role"] == "viewer"
    with elsewhere.write() as session:
        session.execute(update(User).values(disabled_at=site.clock.now))
    site.clock.forward(seconds=1)
    assert admin.get(ME).status_code == 401


def test_a_session_is_looked_up_once_in_that_second(admin: Client, site: Site, elsewhere: Database) -> None:
    assert admin.get(ME).status_code == 200
    with elsewhere.write() as session:  # unseen by this process: what follows is remembered
        session.execute(update(LoginSession).values(expires_at=site.clock.now))
    assert admin.get(ME).status_code == 200
    site.clock.forward(seconds=1)
    assert admin.get(ME).status_code == 401


def test_processes_remember_each_for_itself(admin: Client, site: Site, elsewhere: Database) -> None:
    use = site.made_with(elsewhere, {"GOUGH_DATA_DIR": str(site.use.settings.data_dir), "DEBUG": "true"})
    guard = create(Application(use, site.bell, Executor(use, site.bell), Followers(use)))
    with httpx.Client(transport=httpx.WSGITransport(guard), base_url=BASE, cookies=admin.cookies) as other:
        assert other.get(ME).status_code == 200
        assert admin.post("/logout", data={"csrf_token": admin.csrf}).status_code == 303
        assert admin.get(ME).status_code == 401
        site.clock.forward(seconds=1)
        assert other.get(ME).status_code == 401
    guard.site.feed.close()
