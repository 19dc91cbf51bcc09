"""ETags: who changes something says which state they have seen."""

from collections.abc import Callable
from threading import Thread

import httpx
import pytest

from gough.bootstrap import Application
from gough.domain.permissions import Role
from gough.persistence.models import Machine, Region
from gough.web import openapi
from gough.web.declaration import NARROWS
from gough.web.guard import Guard
from tests.integration.web.conftest import BASE, Client

WINDOWS = "/api/v1/maintenance-windows"
WEEKEND = {"name": "weekend", "days": ["sat", "sun"], "start": "22:00", "minutes": 240}


def put(client: Client, body: dict[str, object], tag: str = "", name: str = "weekend") -> httpx.Response:
    headers = {"X-CSRF-Token": client.csrf, **({"If-Match": tag} if tag else {})}
    return client.put(f"{WINDOWS}/{name}", json=body, headers=headers)


@pytest.fixture
def tag(admin: Client) -> str:
    assert admin.change(WINDOWS, WEEKEND).status_code == 201
    return admin.get(f"{WINDOWS}/weekend").headers["etag"]


def test_a_change_of_a_state_that_is_gone_is_refused(admin: Client, tag: str) -> None:
    longer = {**WEEKEND, "minutes": 300}
    silent = put(admin, longer)
    assert (silent.status_code, silent.json()["code"]) == (428, "IF_MATCH_WANTED")
    done = put(admin, longer, tag)
    assert done.status_code == 200 and done.headers["etag"] != tag
    stale = put(admin, {**WEEKEND, "minutes": 10}, tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE")
    assert admin.get(f"{WINDOWS}/weekend").json()["minutes"] == 300
    assert put(admin, WEEKEND, f'"other", W/{done.headers["etag"]}').status_code == 200
    assert put(admin, {**WEEKEND, "name": "renamed"}, "*").headers["etag"]
    assert put(admin, WEEKEND, "*").status_code == 404
    gone = admin.delete(f"{WINDOWS}/renamed", headers={"X-CSRF-Token": admin.csrf, "If-Match": tag})
    assert gone.status_code == 412


def test_what_is_known_already_is_not_sent_again(viewer: Client, application: Application, node: Machine) -> None:
    here = f"/api/v1/machines/{node.id}"
    first = viewer.get(here)
    again = viewer.get(here, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    with application.use.database.write() as session:
        session.get_one(Machine, node.id).power_state = "on"
    assert viewer.get(here).headers["etag"] == first.headers["etag"], "what ticks is not what people edit"
    with application.use.database.write() as session:
        session.get_one(Machine, node.id).rack = "r7"
    assert viewer.get(here, headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_a_secret_changes_the_tag_and_is_not_in_it(admin: Client, application: Application, node: Machine) -> None:
    before = admin.get("/api/v1/regions/lab").headers["etag"]
    with application.use.database.write() as session:
        region = session.query(Region).one()
        region.api_key_sealed = application.use.sealer.seal_text("another:key:of-it")
    assert admin.get("/api/v1/regions/lab").headers["etag"] != before


def test_of_two_who_saw_the_same_state_one_changes_it(guard: Guard, admin: Client, tag: str) -> None:
    statuses: list[int] = []

    def change(minutes: int) -> None:
        with Client(transport=httpx.WSGITransport(guard), base_url=BASE, cookies=admin.cookies) as client:
            client.csrf = admin.csrf
            statuses.append(put(client, {**WEEKEND, "minutes": minutes}, tag).status_code)

    threads = [Thread(target=change, args=(minutes,)) for minutes in range(60, 66)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, *[412] * 5]


def test_every_change_of_a_single_resource_takes_if_match(person: Callable[[Role], Client]) -> None:
    without = [
        (o.method, o.path)
        for o in openapi.operations()
        if o.method in NARROWS and o.edited is None and not o.path.startswith(OTHERS)
    ]
    assert without == []


OTHERS = ("/api/v1/api-keys/", "/api/v1/users/", "/api/v1/auth/")  # revoked whole, whatever they are by now
