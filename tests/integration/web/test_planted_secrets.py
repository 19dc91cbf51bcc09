"""Secrets that were planted come out nowhere: not in logs, errors, answers to anybody, nor a dump of the database."""

import logging
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from gough.bootstrap import Application
from gough.domain.permissions import Role
from gough.domain.stages import JobKind
from gough.domain.waves import Limits
from gough.services import bulk, lifecycle, regions, templates, users
from gough.web import logs
from gough.web.declaration import REGISTRY
from tests.integration.web.conftest import PASSWORD, Client, serving
from tests.integration.web.portal_forms import send
from tests.support.people import account, enrolled
from tests.support.site import MAAS_URL, Credentials, Site

FEED, VARIABLE, NEW = "planted feed word", "planted variable", "planted pass phrase"
SECRETIVE = {
    "template.yaml": "name: secretive\nseries: noble\nvariables:\n  - {name: word, type: secret, required: true}\n",
    "user-data.yaml": "#cloud-config\nwrite_files:\n  - {path: /etc/word, content: '{{ word }}'}\n",
}
ENDLESS = {"/api/v1/events/stream"}


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


@pytest.fixture
def loud() -> Iterator[None]:
    """Logging is put back as it was."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


class Planted:
    """A site where every kind of secret was given once; {what it is: the secret}."""

    def __init__(self, site: Site, admin: Client, folder: Path) -> None:
        for name, text in SECRETIVE.items():
            (folder / "secretive").mkdir(parents=True, exist_ok=True)
            (folder / "secretive" / name).write_text(text)
        templates.import_library(site.use, folder, by="test")
        regions.change(site.use, "lab", feed=regions.FeedAccount("feeder", FEED))
        system_id = site.ready()
        self.job = lifecycle.deploy(site.use, system_id, lifecycle.Plan("secretive", {"word": VARIABLE}), by="ada").id
        site.settle()
        held = Credentials.of(site.boots_installed(system_id))
        other = site.ready("web-2")
        wish = {"template": "secretive", "variables": {"word": VARIABLE}}
        order = bulk.Order(JobKind.DEPLOYMENT, [site.machine(other).id], Limits(1), wish)
        self.bulk = bulk.begin(site.use, order, by="ada").id
        made = admin.change("/api/v1/api-keys", {"name": "ci", "scopes": ["view"]}).json()
        self.key = made["key"]
        invited = admin.change("/api/v1/users", {"name": "bob", "role": "viewer"}).json()
        users.redeem(site.use, invited["secret"], NEW)
        signed_in = admin.post("/api/v1/auth/login", json={"name": "bob", "password": NEW}).json()
        phone, codes = enrolled(site.use, account(site.use, "cleo", Role.VIEWER))
        self.secrets = {
            "MAAS key": site.region.api_key, "feed password": FEED, "template variable": VARIABLE, "password": NEW,
            "admin's password": PASSWORD, "API key": made["key"].split("_", 2)[2], "reset secret": invited["secret"],
            "access token": signed_in["access_token"], "refresh token": signed_in["refresh_token"],
            "second factor": phone.secret, "recovery code": codes[0], "bare recovery code": codes[0].replace("-", ""),
            "session": admin.cookies["gough_session"], "enrolment token": held.enrol, "report token": held.report,
        }  # fmt: skip

    def in_text(self, text: str) -> set[str]:
        return {name for name, secret in self.secrets.items() if secret in text}


@pytest.fixture
def planted(site: Site, admin: Client, tmp_path: Path) -> Planted:
    return Planted(site, admin, tmp_path / "more")


def addresses(planted: Planted) -> dict[str, str]:
    """{route: an address of it} of every GET there is."""
    known = {
        "machines": "web-1", "regions": "lab", "templates": "secretive", "versions": "1", "users": "bob",
        "jobs": planted.job, "bulk": planted.bulk, "static": "portal.css",
    }  # fmt: skip

    def fill(route: str) -> str:
        return re.sub(r"([\w-]+)/<\w+(?::[^>]*)?>", lambda part: f"{part[1]}/{known.get(part[1], 'none')}", route)

    return {path: fill(path) for method, path in REGISTRY if method == "GET" and path not in ENDLESS}


def test_no_answer_shows_one(planted: Planted, admin: Client, site: Site) -> None:
    found, shown = {}, 0
    for route, address in addresses(planted).items():
        answer = admin.get(address)
        assert answer.status_code < 500 or route == "/readyz", (route, answer.text)
        shown += answer.status_code == 200
        if leaked := planted.in_text(answer.text):
            found[route] = leaked
    assert found == {}
    assert shown > 40


def test_no_dump_of_the_database_shows_one(planted: Planted, site: Site, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "gough.db") as database:
        dump = "\n".join(database.iterdump())
    database.close()
    blobs = "".join(bytes.fromhex(each).decode("latin-1") for each in re.findall(r"X'([0-9A-F]*)'", dump))
    assert "secretive" in dump and "feeder" in dump
    assert planted.in_text(dump + blobs) == set()


def test_no_error_and_no_line_of_the_log_shows_one(
    admin: Client, outsider: Client, site: Site, loud: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    logs.configure("DEBUG")  # here, and not in a fixture: pytest adds handlers of its own before each phase
    planted = Planted(site, admin, tmp_path / "more")
    secrets = planted.secrets
    site.answers(401, f"Invalid API key: {secrets['MAAS key']}", to="whoami")
    bearer = {"Authorization": f"Bearer {planted.key}x"}
    region = {"name": "x", "url": MAAS_URL, "api_key": secrets["MAAS key"]}
    deploy = {"template": "secretive", "variables": {"word": [VARIABLE], VARIABLE: 1}}
    answers = [
        admin.change("/api/v1/regions/lab/test"),
        admin.change("/api/v1/regions", {**region, "feed": {"username": "feeder", "password": [FEED]}}),
        admin.change("/api/v1/regions", region),
        admin.change("/api/v1/machines/web-2/deploy", deploy),
        outsider.get("/api/v1/machines", headers=bearer),
        outsider.get("/api/v1/machines", headers={"Authorization": f"Bearer {secrets['access token']}x"}),
        outsider.post("/api/v1/auth/login", json={"name": NEW, "password": NEW, "code": [secrets["recovery code"]]}),
        outsider.post("/api/v1/auth/login", json={"name": "bob", "password": f"{NEW}x"}),
        outsider.post("/api/v1/auth/refresh", json={"refresh_token": f"{secrets['refresh token']}x"}),
        outsider.post(f"/api/v1/reports/cloud-init/{secrets['report token']}", json={"event_type": VARIABLE}),
        outsider.post("/api/v1/agents/enroll", json={"enrolment_token": secrets["enrolment token"], "key_hash": "x"}),
        send(admin, "/account/password", present=PASSWORD, password="short", again="short"),
    ]
    assert [answer.status_code // 100 for answer in answers if answer.status_code < 400] == [], answers
    for answer in answers:
        log = structlog.get_logger()
        log.info("answered", body=answer.text)
        try:
            raise RuntimeError(f"no luck with {bearer} {region['api_key']} and password={NEW.split(maxsplit=1)[0]}")
        except RuntimeError:
            log.exception("failed")
        assert planted.in_text(answer.text) == set(), answer.text
    said = capsys.readouterr().err
    assert '"event":"request"' in said and '"event":"failed"' in said
    assert planted.in_text(said) == set()
