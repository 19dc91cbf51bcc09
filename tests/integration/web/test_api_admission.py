"""What may begin, over the API: pausing, windows, the region's limit; and what scripts said, read on demand."""

from typing import Any

import pytest

from gough.bootstrap import Application
from gough.domain.machine_options import WITHOUT_TESTS
from gough.domain.permissions import Role
from gough.services import lifecycle
from gough.web.api.script_results import OUTPUT_CAP
from tests.integration.web.conftest import Client, serving
from tests.support.site import Site

WINDOWS = "/api/v1/maintenance-windows"
WEEKEND = {"name": "weekend", "days": ["sat", "sun"], "start": "06:00", "minutes": 120}
SMART = "smartctl-validate"
HIGH = {"priority": "high"}


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


@pytest.fixture
def failed(site: Site) -> str:
    """The path of the results of a machine whose test failed."""
    system_id = site.ready()
    site.maas.test(system_id)
    site.region.pxe_boot(system_id)
    site.region.report_script(system_id, SMART, 1, "bad sector: é\n")
    return f"/api/v1/machines/{system_id}/results"


@pytest.mark.parametrize(
    ("path", "body"),
    [("commission", {"skip_tests": True}), ("deploy", {"template": "plain"}), ("test", {}), ("release", {})],
)
def test_a_job_is_asked_for_with_a_priority_which_is_shown_and_can_be_changed(
    admin: Client, site: Site, path: str, body: dict[str, object]
) -> None:
    system_id = site.in_service()[0] if path == "release" else site.ready()
    url, more = f"/api/v1/machines/{system_id}/{path}", {"not_ours": True} if path == "release" else {}
    wrong = admin.change(url, {**body, "priority": "soon"})
    assert pointers(wrong) == {"/priority"}
    made = admin.change(url, {**body, **more, "priority": "urgent"}).json()
    assert made["priority"] == "urgent" and "priority" not in str(made["parameters"])
    changed = admin.change(f"/api/v1/jobs/{made['id']}/priority", {"priority": "low"})
    assert (changed.status_code, changed.json()["priority"]) == (202, "low")
    assert admin.get(f"/api/v1/jobs/{made['id']}").json()["priority"] == "low"
    newest = admin.get("/api/v1/audit").json()["items"][0]
    assert (newest["before"], newest["after"]) == ({"priority": "urgent"}, {"priority": "low"})


def test_a_region_is_paused_with_a_reason_and_says_so(admin: Client) -> None:
    paused = admin.change("/api/v1/regions/lab/pause", {"reason": " its rack moves "}).json()["paused"]
    assert (paused["reason"], admin.get("/api/v1/regions/lab").json()["paused"]) == ("its rack moves", paused)
    assert admin.change("/api/v1/regions/lab/resume", {}).json()["paused"] is None


def queued(site: Site) -> str:
    return lifecycle.commission(site.use, site.ready(), WITHOUT_TESTS, by="op").id


def pointers(answer: Any) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {problem["pointer"] for problem in answer.json()["errors"]}


ASKED = [
    ("GET", "/api/v1/jobs/paused", None, {Role.VIEWER: 200, Role.OPERATOR: 200, Role.ADMIN: 200}),
    ("POST", "/api/v1/jobs/pause", {}, {Role.VIEWER: 403, Role.OPERATOR: 403, Role.ADMIN: 200}),
    ("POST", "/api/v1/jobs/resume", {}, {Role.VIEWER: 403, Role.OPERATOR: 403, Role.ADMIN: 409}),
    ("POST", "/api/v1/jobs/none/begin", {}, {Role.VIEWER: 403, Role.OPERATOR: 404, Role.ADMIN: 404}),
    ("POST", "/api/v1/jobs/none/priority", HIGH, {Role.VIEWER: 403, Role.OPERATOR: 404, Role.ADMIN: 404}),
    ("POST", "/api/v1/regions/lab/pause", {}, {Role.VIEWER: 403, Role.OPERATOR: 403, Role.ADMIN: 200}),
    ("POST", "/api/v1/regions/lab/resume", {}, {Role.VIEWER: 403, Role.OPERATOR: 403, Role.ADMIN: 409}),
    ("GET", WINDOWS, None, {Role.VIEWER: 200, Role.OPERATOR: 200, Role.ADMIN: 200}),
    ("POST", WINDOWS, WEEKEND, {Role.VIEWER: 403, Role.OPERATOR: 403, Role.ADMIN: 201}),
    ("DELETE", f"{WINDOWS}/none", None, {Role.VIEWER: 403, Role.OPERATOR: 403, Role.ADMIN: 404}),
    ("PATCH", "/api/v1/regions/lab", {"max_in_flight": 2}, {Role.VIEWER: 403, Role.OPERATOR: 403, Role.ADMIN: 200}),
    ("GET", "/api/v1/machines/none/results", None, {Role.VIEWER: 404, Role.OPERATOR: 404, Role.ADMIN: 404}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "expected"), ASKED)
def test_every_role_may_what_it_should(
    person: Any, outsider: Client, method: str, path: str, body: object, expected: dict[Role, int]
) -> None:
    found = {}
    for role in expected:
        client = person(role)
        found[role] = client.request(
            method, path, json=body, headers={"X-CSRF-Token": client.csrf, "If-Match": "*"}
        ).status_code
    assert found == expected
    assert outsider.request(method, path, json=body).status_code == 401


@pytest.mark.parametrize("path", [f"{WINDOWS}/weekend", "/api/v1/jobs/pause"])
def test_a_change_needs_the_csrf_token(admin: Client, path: str) -> None:
    assert admin.request("DELETE" if WINDOWS in path else "POST", path).status_code == 403


def test_a_pause_is_told_to_everybody_and_ends(admin: Client, viewer: Client, site: Site) -> None:
    assert viewer.get("/api/v1/jobs/paused").json() == {"paused": None}
    made = admin.change("/api/v1/jobs/pause", {"reason": "storage is being moved"}).json()
    assert viewer.get("/api/v1/jobs/paused").json() == made
    assert (made["paused"]["by"], made["paused"]["reason"]) == ("admin", "storage is being moved")
    assert made["paused"]["at"].endswith("Z")
    again = admin.change("/api/v1/jobs/pause")
    assert (again.status_code, "by admin" in again.json()["detail"]) == (409, True)
    job_id = queued(site)
    site.settle()
    assert viewer.get(f"/api/v1/jobs/{job_id}").json()["state"] == "queued"
    assert admin.change("/api/v1/jobs/resume").json() == {"paused": None}
    site.settle()
    job = viewer.get(f"/api/v1/jobs/{job_id}").json()
    assert job["state"] == "running"


def test_a_stage_tells_how_far_it_is(viewer: Client, site: Site) -> None:
    system_id, job_id = site.deploying()
    site.region.pxe_boot(system_id)
    site.settle()
    steps = viewer.get(f"/api/v1/jobs/{job_id}").json()["steps"]
    told = [step["progress"] for step in steps if step["state"] == "running"]
    assert told == [site.machine(system_id).status_message] != [""]


def test_a_window_binds_machines_until_it_is_removed(
    admin: Client, operator: Client, site: Site, viewer: Client
) -> None:
    """The clock begins on Thursday at noon."""
    made = admin.change(WINDOWS, {**WEEKEND, "name": "wochenende süd", "applies": {"pool": ["default"]}})
    shown = made.json()
    assert (made.status_code, shown["days"], shown["created_by"]) == (201, ["sat", "sun"], "admin")
    assert (shown["is_open"], shown["opens_at"]) == (False, "2026-01-03T06:00:00.000Z")
    job_id = queued(site)
    site.settle()
    assert viewer.get(f"/api/v1/jobs/{job_id}").json()["state"] == "queued"
    (listed,) = viewer.get(WINDOWS).json()["items"]
    assert (listed["name"], listed["machines"], listed["applies"]) == ("wochenende süd", 1, {"pool": ["default"]})
    hurried = operator.change(f"/api/v1/jobs/{job_id}/begin")
    assert (hurried.status_code, hurried.headers["location"]) == (202, f"/api/v1/jobs/{job_id}")
    site.settle()
    assert operator.change(f"/api/v1/jobs/{job_id}/begin").status_code == 409
    as_wsgi_has_it = "wochenende süd".encode().decode("latin-1")  # a server does this; httpx's transport does not
    gone = admin.delete(f"{WINDOWS}/{as_wsgi_has_it}", headers={"X-CSRF-Token": admin.csrf, "If-Match": "*"})
    assert (gone.status_code, gone.content) == (204, b"")
    assert viewer.get(WINDOWS).json()["items"] == []


def test_wrong_windows_are_pointed_at(admin: Client) -> None:
    assert admin.change(WINDOWS, WEEKEND).status_code == 201
    assert admin.change(WINDOWS, WEEKEND).status_code == 409
    wrong = {"name": "w", "days": ["sat"], "start": "25:00", "minutes": 0, "timezone": "Mars"}
    assert pointers(admin.change(WINDOWS, wrong)) == {"/start", "/minutes", "/timezone"}
    for body, expected in (
        ({"days": ["someday"]}, "/days"), ({"days": []}, "/days"), ({"name": "a/b"}, "/name"),
        ({"applies": {"colour": ["red"]}}, "/applies/colour"), ({"applies": {"status": ["happy"]}}, "/applies/status"),
    ):  # fmt: skip
        assert pointers(admin.change(WINDOWS, {**WEEKEND, "name": "w", **body})) == {expected}


def test_a_regions_limit_is_set_and_shown_with_what_is_in_flight(admin: Client, viewer: Client, site: Site) -> None:
    token = {"X-CSRF-Token": admin.csrf, "If-Match": "*"}
    queued(site)
    site.settle()
    shown = admin.patch("/api/v1/regions/lab", json={"max_in_flight": 3}, headers=token).json()
    assert (shown["in_flight"], shown["max_in_flight"]) == (1, 3)
    assert viewer.get("/api/v1/regions").json()["items"][0]["max_in_flight"] == 3
    assert pointers(admin.patch("/api/v1/regions/lab", json={"max_in_flight": -1}, headers=token)) == {"/max_in_flight"}


def test_what_scripts_said_is_read_newest_first(viewer: Client, failed: str) -> None:
    items = viewer.get(failed).json()["items"]
    assert items[0] == {"name": SMART, "kind": "testing", "status": "Failed", "exit_status": 1, "device": ""}
    assert {item["kind"] for item in items[1:]} == {"commissioning"} and "output" not in str(items)
    (one,) = viewer.get(failed, params={"output": SMART}).json()["items"]
    assert (one["output"], one["output_bytes"], one["output_truncated"]) == ("bad sector: é\n", 15, False)
    unknown = viewer.get(failed, params={"output": "fsck"})
    assert unknown.status_code == 404 and SMART in unknown.json()["hint"]


def test_long_output_is_cut_at_its_beginning_and_that_is_said(viewer: Client, site: Site, failed: str) -> None:
    system_id = failed.split("/")[4]
    site.maas.test(system_id)
    site.region.pxe_boot(system_id)
    site.region.report_script(system_id, SMART, 1, "é" * OUTPUT_CAP + "end")
    newest, older = viewer.get(failed, params={"output": SMART}).json()["items"]
    assert newest["output"].endswith("éend") and newest["output_truncated"]
    assert len(newest["output"].encode()) in (OUTPUT_CAP, OUTPUT_CAP - 1)
    assert newest["output_bytes"] == 2 * OUTPUT_CAP + 3
    assert (older["output"], older["output_truncated"]) == ("", True)


def test_a_region_that_does_not_answer_is_said_to(viewer: Client, site: Site, failed: str) -> None:
    site.region.intercept = lambda *_: (503, "starting")
    assert viewer.get(failed).status_code == 502
