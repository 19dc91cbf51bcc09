"""Machines come into MAAS and go out of it again over the API."""

from typing import Any

import httpx
import pytest

from gough.bootstrap import Application
from gough.domain.machine_status import MachineStatus
from tests.integration.web.conftest import Client, serving
from tests.support.site import Site

HERE = "/api/v1/machines"
NEW = {
    "region": "lab", "architecture": "amd64/generic", "mac_addresses": ["52:54:00:aa:bb:01"], "hostname": "db-1",
    "power_type": "ipmi", "power_parameters": {"power_address": "10.9.9.9", "power_pass": "hunter2-of-the-bmc"},
}  # fmt: skip


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


def delete(client: Client, name: str, confirm: str) -> httpx.Response:
    headers = {"X-CSRF-Token": client.csrf, "If-Match": "*"}
    return client.delete(f"{HERE}/{name}", params={"confirm": confirm}, headers=headers)


def test_a_machine_is_enlisted_once_and_its_bmc_password_stays_in_maas(
    admin: Client, operator: Client, site: Site
) -> None:
    assert operator.change(HERE, NEW).status_code == 403
    key = {"X-CSRF-Token": admin.csrf, "Idempotency-Key": "enlist-1"}
    made = admin.post(HERE, json=NEW, headers=key)
    assert (made.status_code, made.json()["status"], made.json()["hostname"]) == (201, "New", "db-1")
    assert admin.post(HERE, json=NEW, headers=key).json()["id"] == made.json()["id"]
    assert admin.change(HERE, NEW).status_code == 422, "MAAS knows the MAC address"
    assert site.region.status(made.json()["system_id"]) is MachineStatus.NEW
    assert site.maas.machine(made.json()["system_id"]).power_type == "ipmi"
    seen = made.text + admin.get(made.headers["location"]).text + admin.get("/api/v1/audit").text
    assert "hunter2" not in seen
    (event,) = site.timeline(made.json()["system_id"], "person")
    assert (event.actor, event.message) == ("admin", "enlisted in region lab")


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"region": "none"}, 404), ({"hostname": "-x"}, 422), ({"mac_addresses": []}, 422), ({"status": 6}, 422)],
)
def test_what_cannot_be_enlisted(admin: Client, site: Site, wrong: dict[str, Any], status: int) -> None:
    assert admin.change(HERE, {**NEW, **wrong}).status_code == status
    assert site.maas.system_ids() == frozenset()


def test_a_machine_is_deleted_with_its_hostname_and_leaves_its_history(admin: Client, site: Site) -> None:
    system_id = site.ready()
    assert delete(admin, system_id, "web-2").json()["errors"][0]["pointer"] == "?confirm"
    assert delete(admin, system_id, "web-1").status_code == 204
    assert site.maas.system_ids() == frozenset()
    assert site.machine(system_id).vanished_at
    assert "deleted from MAAS" in [event.message for event in site.timeline(system_id, "person")]
    assert delete(admin, system_id, "web-1").status_code == 409


def test_a_machine_in_use_is_not_deleted(admin: Client, operator: Client, site: Site) -> None:
    system_id, _ = site.in_service()
    assert delete(operator, system_id, "web-1").status_code == 403
    refused = delete(admin, system_id, "web-1")
    assert refused.status_code == 409 and "in use" in refused.json()["detail"]
    assert system_id in site.maas.system_ids()


def test_what_maas_has_locked_stays(admin: Client, site: Site) -> None:
    system_id = site.ready()
    site.region.intercept = lambda method, *_: (403, "locked") if method == "DELETE" else None
    assert delete(admin, system_id, "web-1").json()["code"] == "OUTSIDE_REFUSED"
    assert site.machine(system_id).vanished_at is None
