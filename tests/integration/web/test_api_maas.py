"""What the API asks of a region while the caller waits: short operations, options, adoption, the regions themselves."""

import subprocess
from typing import Any

import pytest

from gough.bootstrap import Application
from gough.domain.machine_status import MachineStatus as Status
from gough.domain.operations import Operation
from gough.web.api.operations import PATHS
from tests.integration.web.conftest import Client, serving
from tests.support.site import MAAS_URL, Site


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


@pytest.fixture
def theirs(site: Site) -> str:
    """The system_id of a machine that alice deploys without Gough."""
    system_id, alice = site.ready(), site.maas_of(site.region.add_user("alice", admin=True))
    alice.allocate(system_id, agent_name="")
    alice.deploy(system_id, series="ubuntu/noble", user_data=b"#cloud-config\n")
    site.boots_installed(system_id)
    site.settle()
    return system_id


def pointers(answer: Any) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {problem["pointer"] for problem in answer.json()["errors"]}


# Short operations


def test_power_lock_and_broken_are_done_while_the_caller_waits(operator: Client, site: Site) -> None:
    system_id, _ = site.in_service()
    here = f"/api/v1/machines/{system_id}"
    assert operator.change(f"{here}/power/query").json()["power_state"] == "on"
    assert operator.change(f"{here}/lock").json()["locked"]
    refused = operator.change(f"{here}/power/off")
    assert (refused.status_code, refused.json()["code"]) == (502, "OUTSIDE_REFUSED")
    assert not operator.change(f"{here}/unlock").json()["locked"]
    assert operator.change(f"{here}/mark-broken").json()["status"] == "Broken"
    assert site.region.status(system_id) is Status.BROKEN
    said = [(e.actor, e.message) for e in site.timeline(system_id, "person") if e.kind == "operated"]
    assert ("operator", "marked broken in MAAS") in said


def test_every_short_operation_can_be_asked_for_and_none_by_a_viewer(
    viewer: Client, operator: Client, site: Site
) -> None:
    system_id = site.ready()
    for wanted in Operation:
        path = f"/api/v1/machines/{system_id}/{PATHS.get(wanted, wanted.value)}"
        assert operator.change(path.replace(system_id, "nobody")).status_code == 404, path
        assert operator.change(path, {"force": True}).status_code == 422, path
        assert viewer.change(path).status_code == 403, path


def test_what_maas_keeps_of_a_machine_is_changed(operator: Client, viewer: Client, site: Site) -> None:
    system_id = site.ready()
    here, token = f"/api/v1/machines/{system_id}", {"X-CSRF-Token": operator.csrf, "If-Match": "*"}
    shown = operator.patch(here, json={"hostname": "db-1", "add_tags": ["gpu", "ssd"]}, headers=token).json()
    assert (shown["hostname"], set(shown["tags"])) == ("db-1", {"gpu", "ssd"})
    shown = operator.patch(here, json={"remove_tags": ["gpu"]}, headers=token).json()
    assert shown["tags"] == ["ssd"] and site.region.snapshot(system_id).hostname == "db-1"
    assert operator.patch(here, json={}, headers=token).status_code == 422
    assert pointers(operator.patch(here, json={"owner": "me"}, headers=token)) == {"/owner"}
    assert viewer.patch(here, json={"zone": "x"}, headers={"X-CSRF-Token": viewer.csrf}).status_code == 403


def test_what_is_somebody_elses_needs_a_word_more(operator: Client, site: Site, theirs: str) -> None:
    here = f"/api/v1/machines/{theirs}"
    for verb in ("release", "power/off", "mark-broken"):
        refused = operator.change(f"{here}/{verb}")
        assert (refused.status_code, refused.json()["code"]) == (409, "CONFLICT")
        assert "belongs to alice" in refused.json()["detail"] and "not-ours" in refused.json()["hint"]
    assert site.region.status(theirs) is Status.DEPLOYED
    assert operator.change(f"{here}/power/off", {"not_ours": True}).status_code == 200
    assert operator.change(f"{here}/release", {"not_ours": True}).status_code == 202
    site.settle()
    site.until(theirs, Status.READY)


# Deploying with options


def test_a_deployment_is_asked_for_with_maass_own_choices(operator: Client, site: Site) -> None:
    system_id = site.ready()
    body = {
        "template": "plain", "storage_layout": "lvm", "tags": ["gpu"], "lock": True,
        "links": [{"interface": "eth0", "subnet": "10.64.0.0/16", "mode": "static", "ip_address": "10.64.9.9"}],
    }  # fmt: skip
    job = operator.change(f"/api/v1/machines/{system_id}/deploy", body).json()
    assert job["parameters"]["options"] == {name: body[name] for name in ("storage_layout", "links", "tags", "lock")}
    site.settle()
    assert site.maas.interfaces(system_id)[0].links[0].ip_address == "10.64.9.9"


def test_wrong_options_are_all_pointed_at(operator: Client, site: Site) -> None:
    here = f"/api/v1/machines/{site.ready()}/deploy"
    body = {
        "template": "plain", "storage_layout": "raid", "tags": ["ok", "a b"], "kernel": "ga 24",
        "links": [{"interface": "eth0", "subnet": "dmz", "mode": "static"}],
    }  # fmt: skip
    assert pointers(operator.change(here, body)) == {"/storage_layout", "/tags/1", "/kernel", "/links/0/ip_address"}
    assert pointers(operator.change(here, {"template": "plain", "links": [{"interface": "eth0"}]})) == {
        "/links/0/subnet"
    }


# Adopting


def test_an_adoptions_command_fetches_a_script_that_a_shell_reads(
    operator: Client, outsider: Client, site: Site, theirs: str
) -> None:
    answer = operator.change(f"/api/v1/machines/{theirs}/adopt")
    assert (answer.status_code, answer.headers["cache-control"]) == (202, "no-store")
    made = answer.json()
    assert answer.headers["location"] == f"/api/v1/jobs/{made['job']['id']}" and made["job"]["kind"] == "adoption"
    name, _, value = made["command"].partition("-H '")[2].partition("'")[0].partition(": ")
    fetched = outsider.get("/adopt", headers={name: value})
    assert (fetched.status_code, fetched.headers["cache-control"]) == (200, "no-store")
    assert fetched.text == made["script"]
    subprocess.run(["sh", "-n"], input=fetched.content, check=True)
    again = operator.change(f"/api/v1/machines/{theirs}/adopt").json()
    assert again["command"] != made["command"]
    assert outsider.get("/adopt", headers={name: value}).status_code == 410
    assert outsider.get("/adopt", headers={name: "Bearer guessed"}).status_code == 401
    assert outsider.get("/adopt").status_code == 401


def test_adopting_needs_an_installed_machine_and_the_permission(
    operator: Client, viewer: Client, site: Site, theirs: str
) -> None:
    refused = operator.change(f"/api/v1/machines/{site.ready('bare')}/adopt")
    assert refused.status_code == 409 and "no system on it" in refused.json()["detail"]
    assert viewer.change(f"/api/v1/machines/{theirs}/adopt").status_code == 403


# Regions


def test_a_region_is_added_changed_and_tested_and_its_secrets_are_never_shown(
    admin: Client, operator: Client, site: Site
) -> None:
    new = {"name": "second", "url": MAAS_URL, "api_key": site.region.api_key}
    assert operator.change("/api/v1/regions", new).status_code == 403
    made = admin.change("/api/v1/regions", new)
    assert (made.status_code, made.json()["version"], made.json()["feed"]["state"]) == (201, "3.4.10", "off")
    here, token = made.headers["location"], {"X-CSRF-Token": admin.csrf, "If-Match": "*"}
    feed = {"username": "gough", "password": "open sesame"}
    changed = admin.patch(here, json={"feed": feed}, headers=token)
    assert changed.json()["feed"]["username"] == "gough"
    said = made.text + changed.text + admin.get(here).text + operator.get("/api/v1/regions").text
    assert "sesame" not in said and site.region.api_key.split(":")[2] not in said
    assert operator.change(f"{here}/test").json()["health"] == "ok"
    site.region.intercept = lambda *_: (503, "starting")
    assert operator.change(f"{here}/test").status_code == 502
    assert admin.patch(here, json={"url": MAAS_URL}, headers=token).status_code == 502
    assert admin.get(here).json()["health"] == "down"
    assert admin.change("/api/v1/regions", {**new, "name": ""}).status_code == 422


def test_how_well_gough_knows_a_region_is_told(viewer: Client, site: Site) -> None:
    site.ready()
    shown = viewer.get("/api/v1/regions/lab").json()
    assert (shown["machines"], shown["health"], shown["import"]["total"]) == (1, "ok", 0)
    assert shown["polled_at"] and shown["oldest_reading_at"]
    assert [item["name"] for item in viewer.get("/api/v1/regions").json()["items"]] == ["lab"]
    assert viewer.get("/api/v1/regions/none").status_code == 404
