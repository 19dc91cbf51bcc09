"""Many machines at once, and one that somebody else installed, in a browser."""

from typing import Any

import pytest

from gough.adapters.maas import connect
from gough.domain.machine_status import MachineStatus
from gough.lab.hall import Hall
from gough.lab.neighbour import Neighbour
from tests.contract.harness import eventually
from tests.e2e.conftest import Served, enter

pytestmark = pytest.mark.browser


def test_three_machines_are_chosen_looked_at_begun_and_watched_to_their_end(
    following: Served, page: Any, hall: Hall
) -> None:
    enter(page, following)
    page.get_by_role("link", name="Machines", exact=True).click()
    for name in ("node-01", "node-02", "node-03"):
        page.get_by_role("checkbox", name=name).check()
    page.get_by_role("group", name="With the chosen machines").get_by_role("button", name="Commission…").click()

    page.get_by_text("3 would begin", exact=True).wait_for()
    page.get_by_label("Without MAAS's hardware tests").check()
    page.get_by_label("At most at once").fill("2")
    page.get_by_role("button", name="Dry run again").click()
    assert page.get_by_label("At most at once").input_value() == "2"
    assert all(hall.region.status(machine.system_id) is MachineStatus.NEW for machine in hall.machines)
    page.get_by_role("button", name="Commission 3 machines now").click()

    page.wait_for_url("**/bulk/blk_*")
    # Without reloading: the page follows the machines as they end.
    page.get_by_text("3 of 3 ended").wait_for()
    assert page.locator("tbody .state.is-done").count() == 3
    assert hall.region.status(hall.machines[0].system_id) is MachineStatus.READY
    assert hall.region.status(hall.machines[3].system_id) is MachineStatus.NEW
    page.get_by_role("link", name="Job of node-02").click()
    page.get_by_role("heading", name="Commission of node-02").wait_for()
    page.get_by_role("link", name="Jobs").first.click()
    page.get_by_role("link", name="Bulk operations").click()
    page.get_by_role("row", name="Commission 3 machines").get_by_text("3 done").wait_for()


def test_a_machine_that_somebody_else_installed_is_adopted_with_a_command_to_copy(
    following: Served, page: Any, hall: Hall
) -> None:
    hers = hall.machines[3]
    maas = connect(hall.maas_url, hall.region.add_user("alice", admin=True))
    alice = Neighbour(maas, [hers.system_id])
    enter(page, following)
    page.get_by_role("link", name="Machines", exact=True).click()
    page.get_by_role("link", name=hers.hostname).click()
    eventually(lambda: _deployed(alice, hall, hers.system_id), "deployed by alice")
    maas.close()

    page.get_by_text("Used by: alice, outside Gough").wait_for()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Adopt").click()
    page.get_by_text("shown only now").wait_for()
    command = page.locator("#command").inner_text()
    assert command.startswith("curl -fsS -H 'Authorization: Bearer ")
    page.get_by_role("button", name="Copy").first.click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == command

    page.get_by_role("link", name="Follow the adoption").click()
    page.locator("[data-key=stage-enrol].is-running").wait_for()
    page.get_by_role("link", name=hers.hostname).click()
    page.get_by_role("button", name="Adopt: another command").wait_for()


def _deployed(alice: Neighbour, hall: Hall, system_id: str) -> bool:
    alice.work()
    return hall.region.status(system_id) is MachineStatus.DEPLOYED
