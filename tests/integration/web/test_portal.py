"""The portal's pages and forms, without a browser."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from gough.bootstrap import Application
from gough.domain.machine_status import MachineStatus
from gough.persistence.models import Job, Machine
from gough.services import agents, lifecycle
from gough.services.delivering import PREVIEW_TOKENS
from gough.services.secrets import hash_secret
from tests.integration.web.conftest import PASSWORD, SETUP, SSH_KEY, Client, add_machine


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def send(client: Client, path: str, action: str = "", **fields: str) -> tuple[int, str]:
    """Open a page, fill in its form, send it. The status and where it leads."""
    page = client.get(path).text
    answer = client.post(action or path, data={"csrf_token": token(page), **fields})
    return answer.status_code, answer.headers.get("location", "")


def test_set_up_works_once_and_then_people_sign_in(outsider: Client, application: Application) -> None:
    from gough.services import people

    people.prepare_setup(application.use)
    assert outsider.get("/login").headers["location"] == "/setup"
    page = outsider.get("/setup").text
    fields = {"csrf_token": token(page), "name": "ada", "password": PASSWORD, "again": PASSWORD}
    assert outsider.post("/setup", data={**fields, "secret": "guessed"}).status_code == 401
    weak = {**fields, "secret": SETUP, "password": "short", "again": "short"}
    assert outsider.post("/setup", data=weak).status_code == 422
    assert outsider.post("/setup", data={**fields, "secret": SETUP}).headers["location"] == "/login?made=yes"
    assert outsider.post("/setup", data={**fields, "secret": SETUP}).status_code == 409
    assert outsider.get("/setup").headers["location"] == "/login"

    assert send(outsider, "/login", name="ada", password=PASSWORD, next="//evil.example") == (303, "/")
    assert all(cookie.has_nonstandard_attr("HttpOnly") for cookie in outsider.cookies.jar)
    assert outsider.get("/").status_code == 200
    assert send(outsider, "/", "/logout") == (303, "/login")
    assert outsider.get("/").status_code == 303


def test_from_failed_sign_ins_nobody_learns_which_names_there_are(outsider: Client, viewer: Client) -> None:
    def said(name: str) -> tuple[int, str]:
        fields = {"csrf_token": token(outsider.get("/login").text), "name": name, "password": "wrong"}
        answer = outsider.post("/login", data=fields)
        return answer.status_code, answer.text.replace(name, "…").replace(token(answer.text), "…")

    for _ in range(4):
        known, unknown = said("viewer"), said("nobody")
        assert known == unknown and known[0] == 401


def test_a_form_from_another_site_is_denied(outsider: Client, viewer: Client) -> None:
    fields = {"csrf_token": token(outsider.get("/login").text), "name": "viewer", "password": PASSWORD}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
        assert outsider.post("/login", data=fields, headers=headers).status_code == 403
    assert outsider.post("/login", data={**fields, "csrf_token": "x"}).status_code == 403
    assert outsider.post("/login", data=fields, headers={"Origin": "http://localhost:8000"}).status_code == 303


def test_an_empty_installation_teaches(admin: Client) -> None:
    page = admin.get("/").text
    assert "Connect a MAAS region" in page
    assert "make lab" in page


def test_the_list_filters_and_escapes(admin: Client, application: Application) -> None:
    add_machine(application, "node-01", tags=("<script>alert(1)</script>",))
    add_machine(application, "node-02")
    assert "node-02" in admin.get("/?q=node-02").text
    assert "Nothing matches" in admin.get("/?q=<script>x").text
    assert "<script>x" not in admin.get("/?q=<script>x").text
    assert "<script>alert" not in admin.get("/machines/node-01").text
    assert admin.get("/live/machines").status_code == 200


def test_deploying_by_forms_alone(operator: Client, application: Application, node: Machine) -> None:
    folder = application.use.settings.data_dir / "agent"
    folder.mkdir()
    (folder / "gough-agent-linux-x86_64.tar.gz").write_bytes(b"archive")
    here = f"/machines/{node.id}/deploy"
    assert "docker-host" in operator.get(here).text
    fields = {"csrf_token": operator.csrf, "template": "docker-host@1", "v.ssh_keys": "not a key", "step": "preview"}
    wrong = operator.post(here, data=fields)
    assert wrong.status_code == 422
    assert "expected one OpenSSH public key" in wrong.text
    fields["v.ssh_keys"] = SSH_KEY
    preview = operator.post(here, data=fields)
    assert preview.status_code == 200
    assert "#cloud-config" in preview.text
    assert not any(token in preview.text for token in PREVIEW_TOKENS.values())
    done = operator.post(here, data={**fields, "step": "deploy"})
    assert (done.status_code, done.headers["location"]) == (303, f"/machines/{node.id}")
    page = operator.get(done.headers["location"]).text
    for stage in ("validate", "submit", "install", "first-boot", "agent", "security", "configure", "verify"):
        assert f"stage-{stage}" in page
    assert operator.get(f"/machines/{node.id}/live").status_code == 200
    job = re.search(r"/jobs/(job_\w+)", page)
    assert job is not None
    for path in ("/jobs", "/live/jobs", job[0], f"{job[0]}/live"):
        assert operator.get(path).status_code == 200
    assert operator.post(f"{job[0]}/cancel", data={"csrf_token": operator.csrf}).status_code == 303


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (lifecycle.commission, MachineStatus.NEW),
        (lifecycle.test, MachineStatus.READY),
        (lifecycle.release, MachineStatus.DEPLOYED),
    ],
)
def test_every_page_shows_every_kind_of_job(
    operator: Client, application: Application, ask: Callable[..., Job], status: MachineStatus
) -> None:
    machine = add_machine(application, "other", status)
    job = ask(application.use, machine.id, by="ada")
    pages = ("/", f"/machines/{machine.id}", "/jobs", "/live/jobs", f"/jobs/{job.id}", f"/jobs/{job.id}/live")
    assert [operator.get(path).status_code for path in pages] == [200] * len(pages)
    assert f"/jobs/{job.id}" in operator.get("/jobs").text


@pytest.mark.parametrize(
    "samples",
    [
        {},
        {"load": {"load_1m": 0.5, "load_5m": 0.4, "load_15m": 0.3}},
        {
            "cpu": {"percent": "<b>many</b>"},
            "memory": [],
            "disk": {"filesystems": [{"mountpoint": "/"}, 7]},
            "os": None,
        },
    ],
)
def test_a_machines_page_stands_whatever_its_agent_sends(
    operator: Client, application: Application, node: Machine, tokens: dict[str, str], samples: dict[str, object]
) -> None:
    use = application.use
    request = agents.Enrolment(enrolment_token=tokens["enrol"], key_hash=hash_secret("key"), hostname="node-01")
    agent_id = agents.enrol(use, request).agent_id
    beat = agents.Heartbeat(sequence=1, sent_at=datetime.now(UTC), samples=samples)
    agents.heartbeat(use, agent_id, "key", beat)
    page = operator.get(f"/machines/{node.id}")
    assert page.status_code == 200
    assert "<b>many</b>" not in page.text
    assert ("0.5 · 0.4 · 0.3" in page.text) == ("load" in samples)


def test_a_machines_page_says_what_is_wrong_with_its_agent(
    operator: Client, application: Application, node: Machine, tokens: dict[str, str]
) -> None:
    use = application.use
    request = agents.Enrolment(enrolment_token=tokens["enrol"], key_hash=hash_secret("key"), hostname="node-01")
    agent_id = agents.enrol(use, request).agent_id
    full = {"filesystems": [{"mountpoint": "/srv", "used_bytes": 98, "available_bytes": 2}]}
    beat = agents.Heartbeat(sequence=1, sent_at=datetime.now(UTC), samples={"disk": full})
    agents.heartbeat(use, agent_id, "key", beat)
    text = operator.get(f"/machines/{node.id}").text
    assert "degraded" in text and "/srv is 98 % full" in text


def test_a_machine_in_use_offers_no_form_to_deploy_it(operator: Client, application: Application) -> None:
    machine = add_machine(application, "used", MachineStatus.DEPLOYED)
    page = operator.get(f"/machines/{machine.id}/deploy?template=base-server")
    assert page.status_code == 409
    assert "it cannot be deployed now" in page.text and "release or commission it first" in page.text


def test_a_release_wants_the_name_typed(operator: Client, application: Application) -> None:
    machine = add_machine(application, "used", MachineStatus.DEPLOYED)
    path = f"/machines/{machine.id}/release"
    assert operator.post(path, data={"csrf_token": operator.csrf, "confirm": "other"}).status_code == 422
    assert operator.post(path, data={"csrf_token": operator.csrf, "confirm": "used"}).status_code == 303


def test_actions_say_why_they_are_not_possible(viewer: Client, node: Machine) -> None:
    page = viewer.get(f"/machines/{node.id}").text
    assert "Your role (viewer) may not do this." in page


@pytest.mark.parametrize("name", ["portal.css", "portal.js", "icon.svg"])
def test_static_files_are_kept_by_their_content(outsider: Client, viewer: Client, name: str) -> None:
    address = re.search(rf"/static/{re.escape(name)}\?v=\w+", viewer.get("/").text)
    assert address is not None
    assert "immutable" in outsider.get(address[0]).headers["cache-control"]
    assert outsider.get(f"/static/{name}?v=old").headers["cache-control"] == "no-cache"
    assert outsider.get("/static/..%2fpage.py").status_code == 404
