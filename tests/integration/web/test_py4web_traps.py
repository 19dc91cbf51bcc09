"""What py4web does by itself, and here must not: each of these was seen in the release that is pinned."""

from io import BytesIO
from pathlib import Path
from time import process_time
from typing import Any

import pytest
import structlog
from sqlalchemy import select

from gough.bootstrap import Application
from gough.config import Settings
from gough.domain.errors import Conflict
from gough.persistence.models import LoginSession, Setting
from gough.web.body import BODY_CAP, FORM_CAP
from gough.web.declaration import REGISTRY
from gough.web.guard import Guard
from gough.web.message import Answer, Request
from tests.integration.web.conftest import PASSWORD, Client

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PROBLEM = "application/problem+json"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"debug": False})


@pytest.fixture
def handled(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> Any:
    """GET /healthz is handled by what this is called with."""
    known = REGISTRY["GET", "/healthz"]
    kept = known.handler
    yield lambda handler: object.__setattr__(known, "handler", handler)
    object.__setattr__(known, "handler", kept)


def test_an_error_commits_nothing(handled: Any, outsider: Client, application: Application) -> None:
    def handler(request: Request) -> Answer:
        with request.use.database.write() as session:
            session.add(Setting(name="half", value="done"))
            session.flush()
            raise Conflict("no")

    handled(handler)
    assert outsider.get("/healthz").status_code == 409
    with application.use.database.read() as session:
        assert session.get(Setting, "half") is None


def test_a_form_costs_little_however_it_is_made(outsider: Client) -> None:
    begun = process_time()
    assert outsider.post("/login", content=b"a&" * (FORM_CAP // 2), headers=FORM).status_code in (403, 422)
    assert outsider.post("/login", content=b"a&" * (BODY_CAP // 2), headers=FORM).status_code == 413
    assert process_time() - begun < 2


def test_only_our_app_is_mounted_and_nothing_of_py4web_s(outsider: Client, application: Application) -> None:
    for path in ("/_dashboard", "/_default", "/maas_portal", "/tests", "/static/../__init__.py", "/auth/api/login"):
        assert outsider.get(path).status_code == 404, path


def test_its_secret_is_there_before_workers_race_for_it(guard: Guard) -> None:
    from py4web import core

    folder = Path(core.os.environ["PY4WEB_APPS_FOLDER"])
    assert {each.name for each in folder.iterdir() if each.is_dir()} <= {"maas_portal", ".service", "__pycache__"}
    assert len((folder / ".service" / "session.secret").read_text()) == 64


def test_an_error_leaves_no_ticket_with_secrets_in_it(handled: Any, outsider: Client, settings: Settings) -> None:
    def handler(_request: Request) -> Answer:
        password = "hunter2-of-the-database"
        raise RuntimeError(f"postgresql://gough:{password}@db/gough")

    handled(handler)
    with structlog.testing.capture_logs():
        answer = outsider.get("/healthz")
    assert answer.status_code == 500 and "hunter2" not in answer.text
    files = [file for file in settings.data_dir.rglob("*") if file.is_file()]
    assert files and not [file for file in files if b"hunter2" in file.read_bytes()]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"CONTENT_LENGTH": "many"}, 400), ({"CONTENT_LENGTH": "-1"}, 400), ({"PATH_INFO": "/api/\xff"}, 400),
        ({"PATH_INFO": "/api/\u0100"}, 400), ({"REQUEST_METHOD": "BREW"}, 405),
        ({"HTTP_HOST": "a b"}, 421), ({"QUERY_STRING": "a=\xff&a=%ff"}, 401), ({"HTTP_COOKIE": "=;\x01"}, 401),
    ],
)  # fmt: skip
def test_what_is_malformed_is_told_as_a_problem(guard: Guard, change: dict[str, str], status: int) -> None:
    said: list[Any] = []
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": "/api/v1/jobs", "QUERY_STRING": "", "HTTP_HOST": "localhost:8000",
        "wsgi.input": BytesIO(b""), "wsgi.url_scheme": "http", "SERVER_NAME": "x", "SERVER_PORT": "1", **change,
    }  # fmt: skip
    b"".join(guard(environ, lambda line, headers, _info=None: said.extend((line, dict(headers)))))
    assert (said[0][:3], said[1]["Content-Type"]) == (str(status), PROBLEM)


def test_a_json_list_is_the_callers_mistake(admin: Client) -> None:
    answer = admin.change("/api/v1/jobs/pause", [])
    assert (answer.status_code, answer.headers["content-type"]) == (422, PROBLEM)


def test_forwarded_headers_are_not_believed(
    outsider: Client, admin: Client, application: Application, guard: Guard
) -> None:
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example", "X-Real-IP": "203.0.113.9"}
    assert outsider.get("/healthz", headers={**forged, "Host": "evil.example"}).status_code == 421
    page = outsider.get("/login", headers=forged)
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"name": "admin", "password": PASSWORD, "csrf_token": token}
    signed_in = outsider.post("/login", data=form, headers=forged)
    assert signed_in.status_code == 303 and "evil.example" not in signed_in.headers["location"]
    with application.use.database.read() as session:
        addresses = set(session.scalars(select(LoginSession.address)))
    assert "127.0.0.1" in addresses and "203.0.113.9" not in addresses


def test_no_other_site_may_read_our_answers(admin: Client) -> None:
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for answer in (
        admin.get("/api/v1/jobs", headers=origin),
        admin.get("/", headers=origin),
        admin.options("/api/v1/jobs", headers=origin),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_links_out_of_a_folder_are_not_followed(outsider: Client, application: Application, tmp_path: Path) -> None:
    folder = application.use.settings.data_dir / "agent"
    folder.mkdir()
    secret = tmp_path / "secret"
    secret.write_text("not yours")
    (folder / "SHA256SUMS").symlink_to(secret)
    assert outsider.get("/agent/SHA256SUMS").status_code == 404
    assert outsider.get("/static/__init__.py").status_code == 404
