"""One action on many machines over the API: chosen once, forecast, begun in waves, looked at, stopped."""

from pathlib import Path
from typing import Any

import pytest

from gough.bootstrap import Application
from gough.domain.permissions import GRANTS, Permission, Role
from gough.services import lifecycle, templates
from tests.integration.web.conftest import Client, serving
from tests.support.site import Site

BULK = "/api/v1/machines/bulk"
SECRETIVE = {
    "template.yaml": "name: sealed\nseries: noble\nvariables:\n  - name: token\n    type: secret\n    required: true\n",
    "user-data.yaml": '#cloud-config\nwrite_files:\n  - path: /etc/token\n    content: "{{ token }}"\n',
}


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


@pytest.fixture
def ids(site: Site) -> list[str]:
    """Four machines that are Ready."""
    return [site.machine(site.ready(f"web-{n}")).id for n in range(4)]


def pointers(answer: Any) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {problem["pointer"] for problem in answer.json()["errors"]}


def test_the_machines_are_chosen_once_and_begin_in_waves_in_the_lists_order(
    operator: Client, site: Site, ids: list[str]
) -> None:
    body = {"action": "commission", "selector": {"status": ["ready"], "q": "web-"}, "max_in_flight": 2,
            "parameters": {"skip_tests": True}}  # fmt: skip
    answer = operator.change(BULK, body)
    assert answer.status_code == 202
    made = answer.json()
    assert answer.headers["location"] == f"/api/v1/bulk/{made['id']}"
    assert (made["action"], made["machines"], made["counts"]["running"], made["stop_after"]) == ("commission", 4, 2, 1)
    site.ready("web-9")
    shown = operator.get(answer.headers["location"]).json()
    assert [(item["hostname"], item["state"]) for item in shown["items"]] == [
        ("web-0", "running"), ("web-1", "running"), ("web-2", "waiting"), ("web-3", "waiting"),
    ]  # fmt: skip
    job = operator.get(f"/api/v1/jobs/{shown['items'][0]['job_id']}").json()
    assert (job["kind"], job["hostname"], job["created_by"]) == ("commission", "web-0", "operator")
    assert [each["id"] for each in operator.get("/api/v1/bulk").json()["items"]] == [made["id"]]


def test_its_machines_come_in_pages_and_by_state(operator: Client, ids: list[str]) -> None:
    made = operator.change(BULK, {"action": "test", "ids": ids[::-1], "max_in_flight": 1}).json()
    path, seen, cursor = f"/api/v1/bulk/{made['id']}", [], ""
    while True:
        page = operator.get(path, params={"limit": 3, "cursor": cursor}).json()
        seen += [item["machine_id"] for item in page["items"]]
        if not (cursor := page["next_cursor"]):
            break
    assert seen == ids[::-1]
    waiting = operator.get(f"{path}?state=waiting").json()["items"]
    assert [item["machine_id"] for item in waiting] == ids[2::-1]
    assert operator.get(f"{path}?state=lost").status_code == 422


def test_a_dry_run_forecasts_each_machine_and_begins_nothing(operator: Client, site: Site, ids: list[str]) -> None:
    lifecycle.commission(site.use, ids[1], by="somebody else")
    body = {"action": "deploy", "ids": ids[:2], "parameters": {"template": "plain"}, "dry_run": True}
    answer = operator.change(BULK, body)
    assert (answer.status_code, answer.json()["counts"]) == (200, {"begin": 1, "refused": 1, "in_service": 0})
    refused = answer.json()["items"][1]
    assert not refused["begins"] and "busy with commission" in refused["reason"]
    assert operator.get("/api/v1/bulk").json()["items"] == []


def test_a_forecast_says_which_machines_are_in_service(operator: Client, site: Site, ids: list[str]) -> None:
    serving = site.machine(site.in_service("db-1")[0]).id
    body = {"action": "test", "ids": [ids[0], serving], "dry_run": True}
    forecast = operator.change(BULK, body).json()
    assert forecast["counts"] == {"begin": 2, "refused": 0, "in_service": 1}
    assert [item["in_service"] for item in forecast["items"]] == [False, True]


def test_it_is_stopped_once(operator: Client, ids: list[str]) -> None:
    made = operator.change(BULK, {"action": "test", "ids": ids, "max_in_flight": 1}).json()
    path = f"/api/v1/bulk/{made['id']}/stop"
    stopped = operator.change(path).json()
    assert (stopped["state"], stopped["reason"], stopped["counts"]["skipped"]) == ("stopping", "stopped by operator", 3)
    assert operator.change("/api/v1/bulk/blk_none/stop").status_code == 404


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"action": "shred", "ids": []}, {"/action"}),
        ({"action": "test"}, {"/ids"}),
        ({"action": "test", "ids": ["x"], "selector": {"q": "x"}}, {"/ids"}),
        ({"action": "test", "selector": {"colour": ["red"]}}, {"/selector/colour"}),
        ({"action": "test", "selector": {"status": ["happy"]}}, {"/selector/status"}),
        ({"action": "test", "selector": {}}, set()),
        ({"action": "test", "selector": {"q": "nothing like it"}}, set()),
        ({"action": "test", "selector": {"q": "web"}, "parameters": {"erase": True}}, {"/parameters/erase"}),
        ({"action": "test", "selector": {"q": "web"}, "max_in_flight": 0}, {"/max_in_flight"}),
        ({"action": "deploy", "selector": {"q": "web"}}, {"/parameters/template"}),
        (
            {"action": "deploy", "selector": {"q": "web"}, "parameters": {
                "template": "plain", "variables": {"greting": "x"}}},
            {"/parameters/variables/greting"},
        ),
        (
            {"action": "deploy", "selector": {"q": "web"}, "parameters": {
                "template": "plain", "links": [{"interface": "eth0", "subnet": "dmz", "mode": "static"}]}},
            {"/parameters/links/0/ip_address"},
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_pointed_at(
    operator: Client, ids: list[str], body: dict[str, Any], expected: set[str]
) -> None:
    assert pointers(operator.change(BULK, body)) == expected
    assert operator.get("/api/v1/bulk").json()["items"] == []


def test_it_needs_what_the_action_needs_on_one_machine(
    viewer: Client, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy = {"action": "deploy", "ids": ids, "parameters": {"template": "plain"}, "dry_run": True}
    test = {"action": "test", "ids": ids, "dry_run": True}
    may = {Permission.VIEW, Permission.DEPLOY}, {Permission.VIEW, Permission.OPERATE}, {Permission.VIEW}
    found = []
    for granted in may:
        monkeypatch.setitem(GRANTS, Role.VIEWER, frozenset(granted))
        found.append([viewer.change(BULK, body).status_code for body in (deploy, test)])
    assert found == [[200, 403], [403, 200], [403, 403]]
    assert viewer.change("/api/v1/bulk/blk_none/stop").status_code == 403


def test_secrets_among_the_parameters_are_not_shown(
    operator: Client, site: Site, ids: list[str], tmp_path: Path
) -> None:
    (tmp_path / "more" / "sealed").mkdir(parents=True)
    for name, text in SECRETIVE.items():
        (tmp_path / "more" / "sealed" / name).write_text(text)
    templates.import_library(site.use, tmp_path / "more", by="test")
    parameters = {"template": "sealed", "variables": {"token": "open sesame 42"}, "pool": "default"}
    answer = operator.change(BULK, {"action": "deploy", "ids": ids[:1], "parameters": parameters})
    shown = answer.json()["parameters"]
    assert (shown["variables"], shown["pool"]) == ({"token": "***"}, "default")
    assert "sesame" not in answer.text + operator.get(answer.headers["location"]).text
