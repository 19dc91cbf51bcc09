"""The inventory plugin, run by ansible-inventory, against a Gough with machines of the emulated region."""

from typing import Any

import pytest

from gough.services import lifecycle
from tests.integration.ansible.conftest import Ansible
from tests.support.site import Site

BY_ALL = "groups_by: [template, tag, pool, zone, region, site, rack, service]\n"


def hosts(found: dict[str, Any]) -> set[str]:
    return set(found["_meta"]["hostvars"])


@pytest.fixture
def web(site: Site) -> str:
    """The id of a machine in service; another one is Ready."""
    system_id, _ = site.in_service("web-1")
    site.ready("spare-1")
    return site.machine(system_id).id


def test_a_deployed_machine_is_there_with_its_groups_and_variables(ansible: Ansible, web: str) -> None:
    found = ansible.inventory(f"{BY_ALL}template_variables: true\nfilters: {{service: in_service}}\n")
    assert hosts(found) == {"web-1"}
    told = found["_meta"]["hostvars"]["web-1"]
    row = ansible.site.machine(ansible.site.region.snapshot(told["gough_system_id"]).system_id)
    assert told["gough_machine_id"] == web
    assert told["ansible_host"] == row.ip_addresses[0]
    assert (told["gough_status"], told["gough_service"]) == ("Deployed", "in_service")
    assert (told["gough_template"], told["gough_template_version"]) == ("plain", 1)
    assert told["gough_template_variables"] == {"greeting": "hello"}
    for group in ("template_plain", "region_lab", f"pool_{row.pool}", f"zone_{row.zone}", "service_in_service"):
        assert found[group]["hosts"] == ["web-1"], group


def test_filters_and_constructed_groups(ansible: Ansible, web: str) -> None:
    more = "filters: {status: [ready, deployed]}\ngroups: {free: gough_status == 'Ready'}\nsearch: spare\n"
    found = ansible.inventory(f"{more}compose: {{ansible_user: \"'gough-admin'\"}}\n")
    assert hosts(found) == {"spare-1"}
    assert found["free"]["hosts"] == ["spare-1"]
    assert found["_meta"]["hostvars"]["spare-1"]["ansible_user"] == "gough-admin"
    assert "template_plain" not in found


def test_many_machines_come_in_pages_and_names_that_repeat_become_ids(ansible: Ansible, site: Site) -> None:
    for number in range(205):
        site.enlisted(f"node-{number:03}")
    for _ in range(2):
        site.enlisted("twin")
    site.poll()
    found = ansible.inventory("filters: {status: new}\n")
    names = hosts(found)
    assert len(names) == 207
    assert "twin" not in names
    assert {found["_meta"]["hostvars"][name]["gough_hostname"] for name in names if not name.startswith("node-")} == {
        "twin"
    }


def test_a_machine_that_is_deployed_again_has_its_newer_template(ansible: Ansible, site: Site, web: str) -> None:
    lifecycle.release(site.use, "web-1", by="operator")
    site.settle()
    assert "web-1" not in hosts(ansible.inventory(""))


def test_the_cache_is_used(ansible: Ansible, site: Site, web: str) -> None:
    more = "cache: true\ncache_plugin: jsonfile\ncache_connection: cache\n"
    assert hosts(ansible.inventory(more)) == {"web-1"}
    away = {"GOUGH_URL": "http://127.0.0.1:9", "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1"}
    assert hosts(ansible.inventory(more, **away)) == {"web-1"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("filters: {status: [broken-in]}\n", "expected one of"),
        ("token: wrong\n", "401"),
        ("url: ftp://gough.example\n", "has to begin with https://"),
    ],
)
def test_what_is_wrong_is_said(ansible: Ansible, text: str, told: str) -> None:
    path = ansible.folder / "site.gough.yml"
    path.write_text(f"plugin: gough.gough.gough\n{text}")
    strict = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1"}
    done = ansible.run("ansible-inventory", "-i", str(path), "--list", check=False, **strict)
    assert done.returncode != 0
    assert told in " ".join(done.stderr.split())
    assert ansible.key not in done.stderr
