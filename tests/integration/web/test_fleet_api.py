"""Fleet servers, hosts and policies over HTTP."""

import pytest

from gough.bootstrap import Application
from gough.domain.fleet_hosts import PolicyDraft
from gough.jobs.executor import Executor
from gough.jobs.followers import Followers
from gough.services.waking import Bell
from tests.integration.web.conftest import Client
from tests.support.fleet_site import URL, FleetSite

API = "/api/v1/fleet"


@pytest.fixture
def application(fleet_site: FleetSite) -> Application:
    bell = Bell()
    return Application(fleet_site.use, bell, Executor(fleet_site.use, bell), Followers(fleet_site.use))


def test_a_server_is_added_tested_and_forgotten(admin: Client, operator: Client, fleet_site: FleetSite) -> None:
    body = {"name": "second", "url": URL, "token": fleet_site.token}
    assert operator.change(f"{API}/servers", body).status_code == 403
    made = admin.change(f"{API}/servers", body)
    assert made.status_code == 201 and made.headers["location"] == f"{API}/servers/{made.json()['id']}"
    assert fleet_site.token not in made.text
    assert admin.change(f"{API}/servers", body).status_code == 409
    wrong = admin.change(f"{API}/servers", {**body, "name": "third", "token": "wrong"})
    assert wrong.status_code == 502 and "Authentication required" in wrong.json()["detail"]
    assert operator.change(f"{API}/servers/second/test", {}).json()["health"] == "ok"
    assert [each["name"] for each in operator.get(f"{API}/servers").json()["items"]] == ["main", "second"]
    seen = {"If-Match": admin.get(f"{API}/servers/second").headers["etag"], "X-CSRF-Token": admin.csrf}
    assert admin.delete(f"{API}/servers/second", headers=seen).status_code == 204
    assert admin.get(f"{API}/servers/second").status_code == 404


def test_hosts_are_paged_and_filtered(viewer: Client, fleet_site: FleetSite) -> None:
    for number in range(3):
        fleet_site.enrolled(f"web-{number}")
    fleet_site.look()
    first = viewer.get(f"{API}/hosts?limit=2").json()
    rest = viewer.get(f"{API}/hosts?limit=2&cursor={first['next_cursor']}").json()
    assert [each["hostname"] for each in first["items"] + rest["items"]] == ["web-0", "web-1", "web-2"]
    assert rest["next_cursor"] is None
    assert first["items"][0]["binding"] == "none" and first["items"][0]["binding_reason"]
    assert viewer.get(f"{API}/hosts?status=offline").json()["items"] == []
    assert viewer.get(f"{API}/hosts?status=asleep").status_code == 422


def test_policies_and_how_they_turn_out(viewer: Client, admin: Client, fleet_site: FleetSite) -> None:
    fleet_site.client.create_policy(PolicyDraft("shell", "SELECT 1 FROM deb_packages WHERE name = 'no-such-shell'"))
    fleet_site.enrolled("web-1")
    fleet_site.look()
    (policy,) = viewer.get(f"{API}/policies").json()["items"]
    assert (policy["name"], policy["failing"], policy["passing"], policy["critical"]) == ("shell", 1, 0, False)
    (result,) = viewer.get(f"{API}/policies/{policy['id']}/results").json()["items"]
    assert (result["hostname"], result["verdict"]) == ("web-1", "fail")
    assert viewer.get(f"{API}/policies/{policy['id']}/results?verdict=pass").json()["items"] == []
    assert viewer.get(f"{API}/policies/pol_none/results").status_code == 404
    done = admin.change(f"{API}/servers/main/import-policies", {}).json()["policies"]
    assert {each["outcome"] for each in done} == {"created"}
    assert viewer.get(f"{API}/policies?limit=1").json()["next_cursor"]
    assert admin.change(f"{API}/servers/main/import-policies", {"pack": "../etc"}).status_code == 422
