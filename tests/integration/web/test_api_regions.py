"""Regions over the API: how well one is followed, having it looked at now, and following it no more."""

import pytest

from gough.bootstrap import Application
from gough.persistence.models import Agent, Machine, Region
from gough.services import lifecycle
from tests.integration.web.conftest import Client, serving
from tests.support.site import MAAS_URL, Site

HERE = "/api/v1/regions/lab"


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


def removed(admin: Client, **query: str) -> int:
    headers = {"X-CSRF-Token": admin.csrf, "If-Match": "*"}
    return admin.delete(HERE, params=query, headers=headers).status_code


def test_a_sync_reads_everything_again_in_the_next_poll(operator: Client, viewer: Client, site: Site) -> None:
    system_id = site.ready()
    before = site.machine(system_id).observed_at
    site.clock.forward(seconds=1)
    assert viewer.change(f"{HERE}/sync").status_code == 403
    asked = operator.change(f"{HERE}/sync", {"full": True})
    assert (asked.status_code, asked.json()["unread"]) == (202, 1)
    assert asked.headers["location"].endswith("/status")
    site.poll()
    status = viewer.get(asked.headers["location"]).json()
    assert (status["unread"], status["health"], status["machines"]) == (0, "ok", 1)
    assert site.machine(system_id).observed_at > before


def test_a_sync_alone_looks_which_machines_there_are(operator: Client, site: Site) -> None:
    site.ready()
    site.clock.forward(seconds=1)
    assert operator.change(f"{HERE}/sync").json()["unread"] == 0
    site.poll()
    assert site.region_row().presence_at == site.clock.now, "not only every five minutes"


def test_a_region_that_is_at_work_is_removed_only_by_force(admin: Client, operator: Client, site: Site) -> None:
    served, agent_id = site.in_service("web-1")
    _, job_id = site.deploying("web-2")
    assert removed(operator) == 403
    refused = admin.delete(HERE, headers={"X-CSRF-Token": admin.csrf, "If-Match": "*"})
    assert refused.status_code == 409
    assert (
        "2 machines, 1 of them in service, and 1 jobs" in refused.json()["detail"] and "force" in refused.json()["hint"]
    )
    assert removed(admin, force="true") == 204
    assert admin.get(HERE).status_code == 404 and admin.get("/api/v1/regions").json()["items"] == []
    assert site.job(job_id).state == "cancelled" and site.machine(served).vanished_at
    assert admin.get("/api/v1/machines").json()["items"] == []
    history = admin.get(f"/api/v1/machines/{site.machine(served).id}/timeline", params={"sort": "-occurred_at"}).json()
    assert "removed from Gough" in history["items"][0]["message"] and history["items"][0]["actor"] == "admin"
    with site.database.read() as session:
        assert session.get_one(Agent, agent_id).revoked_at
        region = session.query(Region).one()
        assert (region.api_key_sealed, region.feed_password_sealed) == ("", None)


def test_nothing_follows_a_removed_region_and_its_name_is_free(admin: Client, site: Site) -> None:
    system_id = site.ready()
    assert removed(admin) == 204
    site.clock.forward(seconds=3600)
    site.poll()
    assert site.machine(system_id).vanished_at, "nothing brings a machine of it back"
    refused = admin.change(f"/api/v1/machines/{system_id}/deploy", {"template": "plain"})
    assert refused.status_code == 409
    body = {"name": "lab", "url": MAAS_URL, "api_key": site.region.api_key}
    assert admin.change("/api/v1/regions", body).status_code == 201
    site.poll()
    with site.database.read() as session:
        found = session.query(Machine).filter(Machine.system_id == system_id).order_by(Machine.first_seen_at).all()
        assert [machine.vanished_at is None for machine in found] == [False, True], "known anew, beside its history"
    lifecycle.deploy(site.use, system_id, lifecycle.Plan("plain"), by="ada")
