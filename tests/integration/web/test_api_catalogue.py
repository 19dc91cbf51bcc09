"""What regions can deploy, their networks, the fleet counted, and the settings."""

from pathlib import Path

import pytest

from gough.bootstrap import Application
from gough.config import read_settings
from gough.services.settings_shown import shown
from tests.integration.web.conftest import Client, serving
from tests.support.site import Site


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


def test_networks_are_a_tree_of_what_maas_has(viewer: Client, site: Site) -> None:
    maas = site.maas
    subnet = maas.subnets()[0]
    maas.ip_ranges.create("reserved", *_within(subnet.cidr), subnet=subnet.id, comment="the switches")  # type: ignore[attr-defined]
    items = viewer.get("/api/v1/networks").json()["items"]
    here = {s["cidr"]: (n, s) for n in items for s in n["subnets"]}
    assert set(here) == {each.cidr for each in maas.subnets()}
    network, found = here[subnet.cidr]
    assert (network["region"], network["fabric"], network["vid"]) == ("lab", subnet.fabric, subnet.vlan)
    assert "the switches" in [each["comment"] for each in found["ranges"]]


def _within(cidr: str) -> tuple[str, str]:
    begin = cidr.partition("/")[0].rpartition(".")[0]
    return f"{begin}.201", f"{begin}.209"


def test_images_are_asked_for_once_a_minute_whoever_looks(viewer: Client, operator: Client, site: Site) -> None:
    asked: list[str] = []
    site.region.intercept = lambda _method, path, _op: asked.append(path)
    first = viewer.get("/api/v1/images").json()
    assert ("lab", "ubuntu/noble", "amd64") in [(i["region"], i["name"], i["architecture"]) for i in first["items"]]
    assert operator.get("/api/v1/images", params={"region": "lab", "limit": 1}).json()["items"] == first["items"][:1]
    assert len(asked) == 1
    site.clock.forward(seconds=61)
    viewer.get("/api/v1/images")
    assert len(asked) == 2


def test_a_region_that_is_down_is_named(viewer: Client, site: Site) -> None:
    site.region.intercept = lambda *_: (503, "starting")
    for path in ("/api/v1/images", "/api/v1/networks"):
        answer = viewer.get(path)
        assert (answer.status_code, answer.json()["code"]) == (502, "OUTSIDE_UNAVAILABLE")
        assert answer.json()["detail"].startswith("MAAS region lab: ") and answer.json()["retryable"]
        assert viewer.get(path, params={"region": "none"}).status_code == 404
    site.region.intercept = None
    assert viewer.get("/api/v1/images").status_code == 200, "a failure is not remembered"


def test_the_fleet_is_counted(viewer: Client, site: Site) -> None:
    site.in_service("web-1")
    site.ready("web-2")
    site.requested()
    found = viewer.get("/api/v1/stats").json()
    assert found["machines"] == {
        "total": 3, "by_status": {"Ready": 2, "Deployed": 1},
        "by_service": {"in_progress": 1, "in_service": 1, "out": 1},
    }  # fmt: skip
    assert found["jobs"] == {"active": {"queued": 1}, "ended_last_day": {"done": 1}, "paused": False}
    assert (found["agents"], found["regions"], found["templates"]) == ({"online": 1}, {"ok": 1}, 1)
    assert found["deployments_in_service_last_day"] == 1


def test_settings_say_where_they_are_from_and_no_secret(admin: Client, operator: Client, site: Site) -> None:
    assert operator.get("/api/v1/settings").status_code == 403
    answer = admin.get("/api/v1/settings", params={"limit": 200})
    found = {each["name"]: each for each in answer.json()["items"]}
    assert (
        found["GOUGH_PUBLIC_URL"] | {"source": "environment", "value": "https://gough.example"}
        == (found["GOUGH_PUBLIC_URL"])
    )
    key = found["SECRET_KEY"]
    assert (key["is_set"], key["is_secret"], key["value"]) == (True, True, None)
    assert found["GOUGH_PORT"]["source"] == "default"
    assert site.use.settings.key not in answer.text


def test_a_setting_from_a_file_says_so_and_an_address_hides_its_password(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("k" * 40)
    given = {"SECRET_KEY_FILE": str(path), "FLEET_URL": "https://ada:pass-word@fleet.example/x", "MAAS_URL": ""}
    found = {each.name: each for each in shown(read_settings(given))}
    assert (found["SECRET_KEY"].source, found["FLEET_URL"].source, found["MAAS_URL"].source) == (
        "file", "environment", "default",
    )  # fmt: skip
    assert found["FLEET_URL"].value == "https://***@fleet.example/x"
