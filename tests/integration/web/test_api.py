"""The JSON API of people and their programs: lists, wishes, roles, CSRF, the live stream."""

from collections.abc import Iterator

import httpx
import pytest

from gough.bootstrap import Application
from gough.domain.machine_status import MachineStatus
from gough.domain.timeline import Source, TimelineEvent
from gough.persistence.models import Machine
from gough.services import timeline
from gough.web.feed import STREAM_LIMIT, STREAMS_OF_ONE
from gough.web.guard import Guard
from tests.integration.web.conftest import SSH_KEY, Client, add_machine

DEPLOY = {"template": "docker-host", "variables": {"ssh_keys": [SSH_KEY]}}


def test_machines_come_in_pages(viewer: Client, application: Application) -> None:
    for number in range(5):
        add_machine(application, f"node-{number}")
    seen: list[str] = []
    cursor = ""
    while True:
        page = viewer.get("/api/v1/machines", params={"limit": 2, "cursor": cursor}).json()
        seen += [item["hostname"] for item in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == [f"node-{number}" for number in range(5)]
    assert [m["hostname"] for m in viewer.get("/api/v1/machines?q=node-3").json()["items"]] == ["node-3"]


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "cursor=zzz", "cursor=W10", "service=perfect"])
def test_a_wrong_query_says_so(viewer: Client, query: str) -> None:
    assert viewer.get(f"/api/v1/machines?{query}").status_code == 422


def test_a_deployment_is_asked_for(operator: Client, node: Machine) -> None:
    answer = operator.change(f"/api/v1/machines/{node.hostname}/deploy", DEPLOY)
    assert answer.status_code == 202
    job = answer.json()
    assert answer.headers["location"] == f"/api/v1/jobs/{job['id']}"
    assert len(job["steps"]) == 8
    assert operator.get(answer.headers["location"]).json()["created_by"] == "operator"
    assert operator.get(f"/api/v1/machines/{node.id}").json()["job"]["id"] == job["id"]
    again = operator.change(f"/api/v1/machines/{node.id}/deploy", DEPLOY)
    assert (again.status_code, again.json()["code"]) == (409, "CONFLICT")
    assert operator.change(f"/api/v1/jobs/{job['id']}/cancel").status_code == 202
    assert operator.change(f"/api/v1/jobs/{job['id']}/retry").status_code == 409
    events = operator.get(f"/api/v1/machines/{node.id}/timeline").json()["items"]
    assert [e["kind"] for e in events if e["source"] == "person"] == ["requested", "cancelled"]


def test_wrong_variables_are_all_named(operator: Client, node: Machine) -> None:
    body = {"template": "docker-host", "variables": {"log_max_files": 0, "nonsense": 1}}
    answer = operator.change(f"/api/v1/machines/{node.id}/deploy", body)
    assert answer.status_code == 422
    pointers = {e["pointer"] for e in answer.json()["errors"]}
    assert pointers == {"/variables/log_max_files", "/variables/nonsense", "/variables/ssh_keys"}
    assert operator.change(f"/api/v1/machines/{node.id}/deploy", {**DEPLOY, "extra": 1}).status_code == 422


@pytest.mark.parametrize("verb", ["commission", "test"])
def test_other_wishes(operator: Client, node: Machine, verb: str) -> None:
    assert operator.change(f"/api/v1/machines/{node.id}/{verb}").status_code == 202


def test_a_release(operator: Client, application: Application) -> None:
    machine = add_machine(application, "used", MachineStatus.DEPLOYED)
    assert operator.change(f"/api/v1/machines/{machine.id}/release", {"erase": True}).status_code == 202


def test_a_viewer_looks_but_does_not_touch(viewer: Client, node: Machine) -> None:
    assert viewer.get(f"/api/v1/machines/{node.id}").status_code == 200
    for verb in ("deploy", "commission", "test", "release"):
        assert viewer.change(f"/api/v1/machines/{node.id}/{verb}").status_code == 403
    assert viewer.get(f"/machines/{node.id}/deploy").status_code == 403


def test_a_change_without_the_csrf_token_is_denied(operator: Client, node: Machine) -> None:
    operator.csrf = ""
    assert operator.change(f"/api/v1/machines/{node.id}/test").status_code == 403
    operator.csrf = "guessed"
    assert operator.change(f"/api/v1/machines/{node.id}/test").status_code == 403
    assert operator.post(f"/machines/{node.id}/test", data={}).status_code == 403


def test_strangers_are_asked_who_they_are(outsider: Client, node: Machine) -> None:
    assert outsider.get("/api/v1/machines").status_code == 401
    assert outsider.change(f"/api/v1/machines/{node.id}/deploy", DEPLOY).status_code == 401
    page = outsider.get(f"/machines/{node.id}")
    assert (page.status_code, page.headers["location"]) == (303, f"/login?next=/machines/{node.id}")


def test_templates_tell_what_they_ask_for(viewer: Client) -> None:
    items = viewer.get("/api/v1/templates").json()["items"]
    assert {item["name"] for item in items} >= {"base-server", "docker-host"}
    assert all(v["type"] for item in items for v in item["variables"])


def say(application: Application, machine: Machine, *words: str) -> None:
    use = application.use
    with use.database.write() as session:
        now = use.database.now(session)
        for word in words:
            timeline.record(session, machine.id, TimelineEvent(Source.MAAS, word, "", now), now=now)
    with use.database.write() as session:
        timeline.give_positions(session)


def kinds(answer: httpx.Response, count: int) -> list[str]:
    """The kinds of the first `count` events."""
    found: list[str] = []
    lines: Iterator[str] = answer.iter_lines()
    for line in lines:
        if line.startswith("data: "):
            found.append(line.partition('"kind":"')[2].partition('"')[0])
        if len(found) == count:
            break
    return found


def test_the_stream_resumes_where_it_broke_off(viewer: Client, application: Application, node: Machine) -> None:
    other = add_machine(application, "other")
    say(application, node, "one", "two")
    say(application, other, "elsewhere")
    say(application, node, "three")
    with application.use.database.read() as session:
        positions = {e.kind: e.position for e in timeline.stream(session, after=0)}
    path = f"/api/v1/events/stream?machine={node.id}"
    with viewer.stream("GET", path, headers={"Last-Event-ID": str(positions["one"])}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert kinds(answer, 2) == ["two", "three"]
    with viewer.stream("GET", "/api/v1/events/stream?after=0") as answer:
        assert "elsewhere" in kinds(answer, len(positions))


def test_streams_are_capped_and_end_with_the_server(viewer: Client, guard: Guard) -> None:
    feed = guard.site.feed
    assert all(feed.enter(f"caller {n // STREAMS_OF_ONE}") for n in range(STREAM_LIMIT))
    full = viewer.get("/api/v1/events/stream")
    assert (full.status_code, full.json()["code"]) == (503, "STREAMS_FULL")
    feed.leave("caller 0")
    assert not feed.enter("caller 1"), "nobody takes all of them"
    with viewer.stream("GET", "/api/v1/events/stream") as answer:
        feed.close()
        assert b"retry:" in b"".join(answer.iter_bytes())  # and it ends


def test_a_stream_never_shows_a_traceback(viewer: Client, application: Application, guard: Guard) -> None:
    with viewer.stream("GET", "/api/v1/events/stream?after=0") as answer:
        with application.use.database.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE machine_events")
            connection.exec_driver_sql("INSERT INTO stream_head (id, position) VALUES (1, 5)")
        said = b"".join(answer.iter_bytes())
    assert b"Traceback" not in said
    assert b"machine_events" not in said


def test_ready_says_what_is_missing(outsider: Client, application: Application) -> None:
    assert outsider.get("/healthz").json() == {"status": "ok"}
    idle = outsider.get("/readyz")
    assert (idle.status_code, idle.json()["components"]["worker"]) == (503, "stopped")
    application.start()
    try:
        assert outsider.get("/readyz").status_code == 200
    finally:
        application.stop()
