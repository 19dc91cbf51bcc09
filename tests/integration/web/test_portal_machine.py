"""What a machine's page offers beside jobs: short operations, adoption, the forms that change it; and whose it is."""

import re

import pytest

from gough.bootstrap import Application
from gough.domain.machine_status import MachineStatus as Status
from gough.domain.operations import MANNERS, Operation
from gough.web.portal.controls import GROUPS
from tests.integration.web.conftest import Client, serving
from tests.integration.web.portal_forms import faults, send, words
from tests.support.site import Site


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


@pytest.fixture
def theirs(site: Site) -> str:
    """The address of a machine that alice deploys without Gough."""
    system_id, alice = site.ready("hers"), site.maas_of(site.region.add_user("alice", admin=True))
    alice.allocate(system_id, agent_name="")
    alice.deploy(system_id, series="ubuntu/noble", user_data=b"#cloud-config\n")
    site.boots_installed(system_id)
    site.settle()
    return f"/machines/{site.machine(system_id).id}"


def enabled(page: str) -> set[Operation]:
    """The operations whose form is on the page."""
    return {Operation(found) for found in re.findall(r'action="[^"]*/do/([\w-]+)"', page)}


def test_every_operation_has_its_button_and_a_viewer_sees_none(viewer: Client, operator: Client, site: Site) -> None:
    assert {control.operation for group in GROUPS.values() for control in group} == set(Operation)
    system_id, _ = site.in_service()
    here = f"/machines/{site.machine(system_id).id}"
    page = operator.get(here)
    ready = {Operation.POWER_OFF, Operation.POWER_QUERY, Operation.LOCK, Operation.MARK_BROKEN, Operation.RESCUE}
    assert enabled(page.text) == ready
    for why in ("It is on already", "It is not locked", "Not possible while MAAS says Deployed"):
        assert why in words(page)
    assert "Used by: this Gough" in words(page)
    shown = viewer.get(here).text.split("<main")[1]
    assert "<form" not in shown and "/edit" not in shown
    for path in (*(f"{here}/do/{wanted}" for wanted in Operation), f"{here}/adopt", f"{here}/edit", f"{here}/location"):
        assert send(viewer, path, confirm="web-1").status_code == 403, path
    assert viewer.get(f"{here}/edit").status_code == 403


def test_what_disturbs_a_machine_in_service_wants_its_name_typed(operator: Client, site: Site) -> None:
    system_id, _ = site.in_service()
    here = f"/machines/{site.machine(system_id).id}"
    for wanted in (wanted for wanted in Operation if MANNERS[wanted].disturbs):
        refused = send(operator, f"{here}/do/{wanted}", confirm="web-2")
        assert refused.status_code == 422 and "type web-1, exactly" in words(refused), wanted
    assert send(operator, f"{here}/test").status_code == 422
    assert site.region.snapshot(system_id).power_state == "on"
    assert send(operator, f"{here}/do/lock").headers["location"] == here
    assert "Locked" in words(operator.get(here)) and site.machine(system_id).locked
    locked = send(operator, f"{here}/do/power-off", confirm="web-1")
    assert locked.status_code == 502 and "What to do" in words(locked)
    assert send(operator, f"{here}/do/unlock").status_code == 303
    assert send(operator, f"{here}/do/power-off", confirm="web-1").status_code == 303
    site.powered(system_id, "off")
    assert send(operator, f"{here}/do/dance").status_code == 404


def test_whose_it_is_stands_at_the_top_and_a_release_needs_a_word_more(
    operator: Client, site: Site, theirs: str
) -> None:
    page = operator.get(theirs)
    said = words(page)
    assert "Used by: alice, outside Gough" in said
    assert "In use: deployed by alice outside Gough. Adopting it brings it in service without a reinstall." in said
    assert "Yes, although it belongs to alice, outside Gough" in said
    assert "It belongs to alice, outside Gough, and a test reboots it." in said
    refused = send(operator, f"{theirs}/release", confirm="hers")
    assert refused.status_code == 409 and "belongs to alice" in words(refused)
    assert send(operator, f"{theirs}/do/power-off").status_code == 409
    assert send(operator, f"{theirs}/do/power-off", not_ours="yes").status_code == 303
    assert send(operator, f"{theirs}/release", confirm="hers", not_ours="yes").status_code == 303


def test_what_was_deployed_before_a_release_is_not_shown_as_there(operator: Client, site: Site) -> None:
    system_id, _ = site.in_service()
    here = f"/machines/{site.machine(system_id).id}"
    assert "Template: plain@1" in words(operator.get(here))
    assert send(operator, f"{here}/release", confirm="web-1").status_code == 303
    site.settle()
    site.until(system_id, Status.READY)
    site.settle()
    assert "Template:" not in words(operator.get(here))


def test_an_adoption_shows_its_command_and_script_once(operator: Client, site: Site, theirs: str) -> None:
    assert f'action="{theirs}/adopt"' in operator.get(theirs).text
    page = send(operator, f"{theirs}/adopt")
    assert page.status_code == 200 and page.headers["cache-control"] == "no-store"
    token = re.search(r"Bearer ([\w-]+)", page.text)
    assert token is not None and page.text.count(token[1]) == 2, "in the command, and in the script"
    assert "shown only now" in words(page) and 'data-copy="command"' in page.text
    job = re.search(r"/jobs/(job_\w+)", page.text)
    assert job is not None and operator.get(job[0]).status_code == 200
    again = operator.get(theirs)
    assert token[1] not in again.text and "Adopt: another command" in words(again)
    other = send(operator, f"{theirs}/adopt")
    assert other.status_code == 200 and token[1] not in other.text
    assert operator.get("/adopt", headers={"Authorization": f"Bearer {token[1]}"}).status_code == 410
    ready = site.machine(site.ready("ours"))
    assert "/adopt" not in operator.get(f"/machines/{ready.id}").text
    assert send(operator, f"/machines/{ready.id}/adopt").status_code == 409


def test_its_name_pool_and_tags_are_changed_in_maas(operator: Client, site: Site) -> None:
    system_id = site.ready()
    here = f"/machines/{site.machine(system_id).id}"
    page = operator.get(f"{here}/edit")
    assert 'value="web-1"' in page.text and '<option value="default">' in page.text
    fields = {"hostname": "db-1", "pool": "default", "zone": "default", "tags": "gpu, ssd"}
    assert send(operator, f"{here}/edit", **fields).headers["location"] == here
    machine = site.machine(system_id)
    assert (machine.hostname, set(machine.tags)) == ("db-1", {"gpu", "ssd"})
    assert send(operator, f"{here}/edit", **{**fields, "tags": "ssd"}).status_code == 303
    assert site.machine(system_id).tags == ["ssd"]
    wrong = send(operator, f"{here}/edit", **{**fields, "zone": "nowhere", "hostname": ""})
    assert wrong.status_code == 422 and set(faults(wrong)) == {"hostname"}
    wrong = send(operator, f"{here}/edit", **{**fields, "zone": "nowhere"})
    assert wrong.status_code == 422 and 'value="nowhere"' in wrong.text and "zone" in faults(wrong)
    assert site.machine(system_id).zone == "default"


def test_its_location_is_set_and_a_wrong_one_is_told_at_its_field(operator: Client, site: Site) -> None:
    first, second = (f"/machines/{site.machine(site.ready(name)).id}" for name in ("web-1", "web-2"))
    assert send(operator, f"{first}/location", site="ams", rack="r1", unit="12").status_code == 303
    assert "ams / r1 / U12" in words(operator.get(first))
    assert 'value="U12"' in operator.get(f"{first}/edit").text
    wrong = send(operator, f"{second}/location", site="ams", rack="r1", unit="twelve")
    assert wrong.status_code == 422 and 'value="twelve"' in wrong.text and set(faults(wrong)) == {"unit"}
    taken = send(operator, f"{second}/location", site="ams", rack="r1", unit="12")
    assert taken.status_code == 409 and "web-1 stands at ams / r1 / U12" in words(taken)
    assert send(operator, f"{first}/location", site="", rack="", unit="").status_code == 303


def test_a_deployments_options_are_kept_on_error_and_asked_for_when_right(operator: Client, site: Site) -> None:
    system_id = site.ready()
    here = f"/machines/{site.machine(system_id).id}"
    wrong = {
        "template": "plain", "step": "preview", "v.greeting": "hi", "o.kernel": "ga 24", "o.series": "jammy",
        "o.links": "eth0\n\neth1=10.64.0.0/16,odd", "o.tags": "gpu no/slash", "o.storage_layout": "lvm",
    }  # fmt: skip
    answer = send(operator, f"{here}/deploy", **wrong)
    assert answer.status_code == 422
    found = faults(answer)
    assert set(found) == {"o.kernel", "o.links", "o.tags"}
    assert "line 1: 'eth0' is not a link." in found["o.links"] and "line 3: mode expected one of" in found["o.links"]
    assert "'no/slash': letters, digits" in found["o.tags"]
    for kept in ('value="hi"', 'value="ga 24"', "eth1=10.64.0.0/16,odd", "<option selected>lvm", 'value="jammy"'):
        assert kept in answer.text
    assert '<details class="fold" open>' in answer.text
    assert '<details class="fold">' in operator.get(f"{here}/deploy?template=plain").text
    right = {
        "template": "plain", "step": "deploy", "v.greeting": "hi", "o.storage_layout": "lvm", "o.lock": "yes",
        "o.links": "eth0=10.64.0.0/16,static,10.64.9.9", "o.tags": "gpu ssd",
    }  # fmt: skip
    assert send(operator, f"{here}/deploy", **right).headers["location"] == here
    page = operator.get(here)
    job = re.search(r"/jobs/(job_\w+)", page.text)
    assert job is not None
    assert site.job(job[1]).parameters["options"] == {
        "storage_layout": "lvm", "lock": True, "tags": ["gpu", "ssd"],
        "links": [{"interface": "eth0", "subnet": "10.64.0.0/16", "mode": "static", "ip_address": "10.64.9.9"}],
    }  # fmt: skip
    assert site.region.status(system_id) is Status.READY
