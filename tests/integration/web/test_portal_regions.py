"""The portal's regions: how well Gough knows each, in words; adding, changing, testing one."""

from datetime import timedelta

import pytest

from gough.bootstrap import Application
from gough.services import lifecycle
from gough.services.sync.visit import set_region
from tests.integration.web.conftest import Client, serving
from tests.integration.web.portal_forms import faults, send, words
from tests.support.site import MAAS_URL, Site


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


def test_a_region_is_told_in_words(viewer: Client, site: Site) -> None:
    site.ready()
    region = site.region_row()
    page = words(viewer.get("/regions"))
    for said in ("lab", "Answers", "Live feed off", "by no server now", "Machines 1", "MAAS 3.4.10, as"):
        assert said in page
    set_region(
        site.use, region.id, import_done=140, import_total=1100, reconcile_period=660.0, duty=0.031,
        reconcile_duty=0.012, health="slow", health_reason="One answer took 12 s.", feed_username="gough",
        feed_state="refused", feed_reason="MAAS: wrong password.", remark="It was restored from a backup.",
        poll_lease_until=site.clock.now + timedelta(seconds=30),
    )  # fmt: skip
    for path in ("/regions", "/live/regions"):
        page = words(viewer.get(path))
        for said in (
            "importing 140 of 1,100", "every machine within 11 min", "takes 3.1 % of it, 1.2 % for reading again",
            "Slow", "One answer took 12 s.", "refused as gough MAAS: wrong password.", "It was restored from a backup.",
            "by a Gough server now",
        ):  # fmt: skip
            assert said in page
    assert "importing 140 of 1,100" in words(viewer.get("/machines"))


def test_only_an_administrator_sees_what_can_be_done_with_a_region(
    viewer: Client, operator: Client, admin: Client, site: Site
) -> None:
    here = f"/regions/{site.region_row().id}"
    for client in (viewer, operator):
        assert "<form" not in client.get("/regions").text.split("<main")[1]
        assert [client.get(path).status_code for path in (here, "/regions/new")] == [403, 403]
        assert [send(client, path).status_code for path in (here, "/regions/new", f"{here}/test")] == [403] * 3
    assert f'action="{here}/test"' in admin.get("/regions").text


def test_a_region_is_added_and_what_was_typed_stays_but_the_secrets(admin: Client, site: Site) -> None:
    fields = {"name": "second", "url": MAAS_URL, "api_key": "a:wrong-token:secret"}
    wrong = send(admin, "/regions/new", **fields, feed_username="eve")
    assert wrong.status_code == 422
    assert 'value="second"' in wrong.text and 'value="eve"' in wrong.text and "wrong-token" not in wrong.text
    assert faults(wrong) == {"feed_password": "is missing: another user has another password."}
    empty = send(admin, "/regions/new", name="second")
    assert set(faults(empty)) == {"url", "api_key"}
    refused = send(admin, "/regions/new", **fields)
    assert refused.status_code == 502 and "wrong-token" not in refused.text
    assert send(admin, "/regions/new", name="second", url=MAAS_URL, api_key="one-part").status_code == 422
    assert send(admin, "/regions/new", name="lab", url=MAAS_URL, api_key=site.region.api_key).status_code == 409
    added = send(admin, "/regions/new", name="second", url=MAAS_URL, api_key=site.region.api_key)
    assert (added.status_code, added.headers["location"]) == (303, "/regions")
    assert "second" in words(admin.get("/regions"))


def test_a_region_that_is_down_is_added_when_that_is_said(admin: Client, site: Site) -> None:
    site.region.intercept = lambda *_: (503, "starting")
    fields = {"name": "second", "url": MAAS_URL, "api_key": site.region.api_key}
    refused = send(admin, "/regions/new", **fields)
    assert refused.status_code == 502 and 'value="second"' in refused.text
    assert send(admin, "/regions/new", **fields, may_be_down="yes").status_code == 303
    assert "Does not answer" in words(admin.get("/regions"))
    assert send(admin, f"/regions/{site.region_row().id}/test").status_code == 502
    assert words(admin.get("/regions")).count("Does not answer") == 2


def test_a_regions_account_and_key_are_changed_and_never_shown(admin: Client, site: Site) -> None:
    here = f"/regions/{site.region_row().id}"
    sealed = site.region_row().api_key_sealed
    assert send(admin, here, url=MAAS_URL, feed_username="gough", feed_password="sesame").status_code == 303
    assert site.region_row().feed_username == "gough"
    assert send(admin, here, url=MAAS_URL, feed_username="gough").status_code == 303  # nothing new
    assert site.region_row().feed_password_sealed and site.region_row().api_key_sealed == sealed
    assert send(admin, here, url=MAAS_URL, feed_username="gough", api_key="a:b:c").status_code == 502
    assert site.region_row().api_key_sealed == sealed
    shown = admin.get(here).text + admin.get("/regions").text
    assert "sesame" not in shown and site.region.api_key.split(":")[2] not in shown
    assert send(admin, here, url=MAAS_URL, feed_username="").status_code == 303
    assert (site.region_row().feed_username, site.region_row().feed_password_sealed) == ("", None)
    assert send(admin, f"{here}/test").headers["location"] == "/regions"


def test_one_region_is_paused_and_resumed(admin: Client, operator: Client, viewer: Client, site: Site) -> None:
    machine_id = site.ready()
    here = f"/regions/{site.region_row().id}"
    assert send(operator, f"{here}/pause").status_code == 403
    assert send(admin, f"{here}/pause", reason="x" * 1001).status_code == 422
    assert send(admin, f"{here}/pause", reason="the rack <moves>").headers["location"] == "/regions"
    assert "Paused by admin for" in words(viewer.get("/regions")) and "the rack <moves>" in words(
        viewer.get("/regions")
    )
    assert send(admin, f"{here}/pause").status_code == 409
    job = lifecycle.commission(site.use, machine_id, by="op")
    site.settle()
    assert "Region lab is paused" in words(viewer.get(f"/jobs/{job.id}"))
    assert send(operator, f"{here}/resume").status_code == 403
    assert send(admin, f"{here}/resume").status_code == 303
    site.settle()
    assert site.job(job.id).state == "running" and "Paused" not in words(viewer.get("/regions"))
