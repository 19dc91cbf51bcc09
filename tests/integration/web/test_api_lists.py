"""Every list is asked in the same way: pages by opaque cursors, a closed set of orders, only the fields one wants."""

import re
from datetime import timedelta
from typing import Any, get_args

import pytest

from gough.bootstrap import Application
from gough.domain.timeline import Source, TimelineEvent
from gough.persistence.models import Bulk, Job, Machine
from gough.services import timeline
from gough.web import openapi
from gough.web.api.paging import ListQuery, item_of
from gough.web.declaration import Operation
from tests.integration.web.conftest import Client, add_machine

WINDOWS = "/api/v1/maintenance-windows"


def lists() -> list[Operation]:
    return [o for o in openapi.operations() if issubclass(o.query, ListQuery) and o.path != "/api/v1/machines/facets"]


@pytest.fixture
def filled(application: Application, node: Machine, admin: Client) -> dict[str, str]:
    """{path: with something real in it}, at least three of each."""
    use = application.use
    with use.database.write() as session:
        now = use.database.now(session)
        for n in range(3):
            at = now + timedelta(seconds=n // 2)  # two at the same moment
            machine = session.get_one(Machine, node.id)
            session.add(Job(kind="test", machine=machine, created_by="ada", created_at=at, state="done"))
            session.add(Bulk(action="test", max_in_flight=1, created_by="ada", created_at=at))
            timeline.record(session, node.id, TimelineEvent(Source.MAAS, f"kind-{n}", "", at), now=now)
    for n in range(3):
        add_machine(application, f"node-1{n}")
        window = {"name": f"w{n}", "days": ["sat"], "start": "22:00", "minutes": 240}
        assert admin.change(WINDOWS, window).status_code == 201
    return {"machines": node.id, "templates": "docker-host"}


def address(each: Operation, filled: dict[str, str]) -> str:
    return re.sub(r"<\w+>", filled.get(each.path.split("/")[3], "none"), each.path)


def walk(client: Client, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(50):
        answer = client.get(path, params={**query, "limit": 1, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("the list does not end")


def test_a_walk_through_pages_is_the_whole_list_in_either_order(admin: Client, filled: dict[str, str]) -> None:
    walked = turned = 0
    for each in lists():
        path = address(each, filled)
        whole = admin.get(path, params={"limit": 200})
        if whole.status_code in (404, 409, 502):
            continue  # of a thing that is not there
        items = whole.json()["items"]
        assert whole.json()["next_cursor"] is None, path
        if len(items) > 30 or "audit" in path:
            continue  # grows while it is read
        assert walk(admin, path) == items, path
        orders = set(get_args(each.query.model_fields["sort"].annotation))
        for order in orders & {f"-{order}" for order in orders}:
            assert walk(admin, path, sort=order) == walk(admin, path, sort=order[1:])[::-1], path
            turned += 1
        walked += len(items) > 2
    assert walked >= 6 and turned >= 6


def test_only_the_fields_that_are_asked_for(admin: Client, filled: dict[str, str]) -> None:
    for each in lists():
        path = address(each, filled)
        (shown,) = (form for form in (each.gives or {}).values() if isinstance(form, type))
        first = next(iter(item_of(shown).model_fields))
        answer = admin.get(path, params={"fields": first})
        assert answer.status_code in (200, 404, 409, 502), path
        assert all(set(item) == {first} for item in answer.json().get("items", [])), path
        if answer.status_code == 200:
            wrong = admin.get(path, params={"fields": "nonsense"})
            assert [e["pointer"] for e in wrong.json()["errors"]] == ["?fields"], path


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 201}, {"sort": "colour"}, {"cursor": "W10"}, {"limit": ""}])
def test_a_page_that_cannot_be_is_refused_everywhere(
    admin: Client, filled: dict[str, str], query: dict[str, str | int]
) -> None:
    (name,) = query
    for each in lists():
        answer = admin.get(address(each, filled), params=query)
        if answer.status_code == 404:
            continue
        assert answer.status_code == 422, each.path
        assert [e["pointer"] for e in answer.json()["errors"]] == [f"?{name}"], each.path


def test_a_cursor_is_good_in_its_own_order_only(viewer: Client, filled: dict[str, str]) -> None:
    cursor = viewer.get("/api/v1/jobs", params={"limit": 1}).json()["next_cursor"]
    assert viewer.get("/api/v1/jobs", params={"cursor": cursor}).status_code == 200
    assert viewer.get("/api/v1/jobs", params={"cursor": cursor, "sort": "created_at"}).status_code == 422
