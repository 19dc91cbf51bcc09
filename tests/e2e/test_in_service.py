"""A machine is deployed with a wrong variable, corrected, and watched until it is in service."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gough.lab.hall import Hall
from gough.lab.pace import Pace
from tests.e2e.conftest import Served, enter
from tests.e2e.test_journey import SSH_KEY

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
ROOT = Path(__file__).parents[2]
ARRIVES_MS = 90_000  # the real agent is installed and started


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    made = Hall(1, Pace(600), tmp_path / "machines")
    made.power_up()
    yield made
    made.close()


def test_a_wrong_variable_is_corrected_and_the_machine_goes_in_service(
    following: Served, page: Any, hall: Hall
) -> None:
    build = [sys.executable, str(ROOT / "agent" / "build.py"), "--out", str(following.folder / "agent")]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    enter(page, following)
    page.get_by_role("link", name="Machines", exact=True).click()
    page.get_by_role("link", name="node-01").click()
    page.locator("summary", has_text="Commission…").click()
    page.locator("details[open]").get_by_role("button", name="Commission").click()
    page.locator(".facts-line", has_text="Ready").wait_for(timeout=ARRIVES_MS)

    page.get_by_role("link", name="Deploy…").click()
    page.get_by_role("link", name="docker-host").click()
    page.get_by_label("ssh keys").fill("no key at all")
    page.get_by_role("button", name="Deploy now").or_(page.get_by_role("button", name="Preview")).first.click()
    fault = page.locator(".field.has-fault", has_text="ssh keys")
    fault.wait_for()
    assert page.get_by_label("ssh keys").input_value() == "no key at all", "what was typed is not lost"
    page.get_by_label("ssh keys").fill(SSH_KEY)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Deploy now").click()

    # Without reloading, to the end: eight stages, each as it turns.
    page.locator("[data-key=stage-install].is-done").wait_for(timeout=ARRIVES_MS)
    page.locator("[data-key=stage-verify].is-done").wait_for(timeout=ARRIVES_MS)
    page.locator("h1 ~ .facts-line, .title-row", has_text="In service").first.wait_for()
    assert hall.deploys()["node-01"] == 1
