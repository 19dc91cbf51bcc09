"""At night: a machine has failed, its page says why, and the job goes on from the stage that failed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gough.lab.faults import Injection, find
from gough.lab.hall import Hall
from gough.lab.pace import Pace
from tests.e2e.conftest import Served, enter

pytestmark = pytest.mark.browser


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    """Two machines; what commissions the first fails."""
    made = Hall(2, Pace(600), tmp_path / "machines", [Injection(find("commissioning-script"), 1)])
    made.power_up()
    yield made
    made.close()


def test_a_failed_machine_is_met_understood_and_tried_again(following: Served, page: Any, hall: Hall) -> None:
    enter(page, following)
    page.get_by_role("link", name="Machines", exact=True).click()
    page.get_by_role("link", name="node-01").click()
    page.locator("summary", has_text="Commission…").click()
    page.locator("details[open]").get_by_role("button", name="Commission").click()
    page.locator("[data-key=diagnosis]").wait_for()

    page.get_by_role("link", name="Gough, overview").click()
    page.get_by_role("link", name="1 Needs attention").wait_for()
    trouble = page.locator(".troubles li", has_text="node-01")
    cause = trouble.locator(".why").inner_text()
    assert cause.startswith("commission failed: ")
    assert trouble.locator(".next").inner_text().startswith("Next: ")
    trouble.get_by_role("link", name="node-01").click()

    diagnosis = page.locator("[data-key=diagnosis]")
    assert diagnosis.get_by_role("heading", level=2).inner_text() in cause
    assert diagnosis.locator(".lines").inner_text().strip()
    page.locator("[data-key=stage-submit].is-done, [data-key=stage-commission].is-failed").first.wait_for()
    page.get_by_role("button", name="Retry commission").click()
    # Without reloading: the job runs again, from that stage on.
    page.get_by_text("commission retried from").first.wait_for()
