"""A Gough with single sign-on on either database, providers real and hostile, and browsers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from gough import bootstrap
from gough.bootstrap import Application
from gough.config import read_settings
from gough.domain.permissions import Role
from gough.persistence.models import AuditEntry, User
from gough.services import audit
from gough.web.guard import Guard
from gough.web.wsgi import create
from tests.support.oidc import real
from tests.support.oidc.browser import Browser, parameters
from tests.support.oidc.hostile import HostileProvider
from tests.support.oidc.real import RealProvider
from tests.support.people import PASSWORD, account

GOUGH = "http://localhost:8000"
AUDITED = "GET /login/oidc/callback"


class Gough:
    """A served application whose one local account is the administrator `root`."""

    def __init__(self, application: Application) -> None:
        self.application, self.use = application, application.use
        self.guard: Guard = create(application)
        account(self.use, "root", Role.ADMIN)

    def user(self, name: str) -> User | None:
        with self.use.database.read() as session:
            return session.scalars(select(User).where(User.name == name)).one_or_none()

    def names(self) -> set[str]:
        with self.use.database.read() as session:
            return set(session.scalars(select(User.name)))

    def audited(self) -> list[dict[str, object]]:
        """What was written of single sign-on, the newest first."""
        with self.use.database.read() as session:
            return [audit.details(row) for row in audit.newest(session, audit.chosen(action=AUDITED), limit=50)]

    def entries(self) -> list[str]:
        with self.use.database.read() as session:
            return list(session.scalars(select(AuditEntry.action)))


@pytest.fixture
def open_gough(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Gough]]:
    """`open_gough(issuer, GOUGH_…=…)`."""
    with ExitStack() as opened:

        def open_one(issuer: str, **more: str) -> Gough:
            environment = {
                "DATABASE_URL": database_url, "GOUGH_DATA_DIR": str(tmp_path), "SECRET_KEY": "k" * 40,
                "GOUGH_PUBLIC_URL": GOUGH, "DEBUG": "true", "GOUGH_RATE_LIMIT": "0", "GOUGH_OIDC_ISSUER": issuer,
                "GOUGH_OIDC_CLIENT_ID": real.CLIENT_ID, "GOUGH_OIDC_CLIENT_SECRET": real.CLIENT_SECRET,
                "GOUGH_OIDC_NAME": "Test Login", "GOUGH_OIDC_SCOPES": "openid profile groups",
                "GOUGH_OIDC_ROLE_MAP": "gough-admins=admin,ops=operator,all=viewer", **more,
            }  # fmt: skip
            made = Gough(bootstrap.wire(read_settings(environment)))
            opened.callback(made.application.close)
            opened.callback(made.guard.site.feed.close)
            return made

        yield open_one


@pytest.fixture
def open_browser() -> Iterator[Callable[[Gough], Browser]]:
    with ExitStack() as opened:
        yield lambda gough: opened.enter_context(Browser(gough.guard, GOUGH))


@pytest.fixture(scope="session")
def real_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealProvider]:
    with real.running(tmp_path_factory.mktemp("provider"), GOUGH) as provider:
        yield provider


@pytest.fixture
def provider(real_provider: RealProvider) -> RealProvider:
    real_provider.know({"ada": ["gough-admins", "all"], "bob": ["ops"], "eve": ["visitors"], "root": ["ops"]})
    return real_provider


@pytest.fixture
def hostile() -> Iterator[HostileProvider]:
    with HostileProvider().serving() as provider:
        yield provider


def local_sign_in(browser: Browser, name: str = "root", password: str = PASSWORD) -> int:
    """The status that the form's answer has."""
    return browser.submit(browser.get("/login"), follow=False, name=name, password=password).status_code


def came_back(browser: Browser, hostile: HostileProvider, **changed: str) -> httpx.Response:
    """The answer to a browser that the hostile provider sends back at once."""
    begun = parameters(browser.get("/login/oidc").headers["location"])
    hostile.nonce = begun["nonce"]
    return browser.get("/login/oidc/callback", params={"code": "a code", "state": begun["state"], **changed})
