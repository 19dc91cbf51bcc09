"""A template is broken, mended and saved in the editor, and then deployed."""

from typing import Any

import pytest

from tests.e2e.conftest import Served, enter

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
BROKEN = "\nruncmd: ["


def test_a_template_is_broken_mended_saved_compared_and_deployed(
    server: Served, page: Any, complaints: list[str]
) -> None:
    server.setup_secret = server.until(r"Set-up secret: (\S+)")
    enter(page, server)
    page.get_by_role("link", name="Templates").click()
    page.get_by_role("link", name="docker-host").first.click()
    page.get_by_role("link", name="Edit…").click()
    text = page.get_by_role("textbox", name="user-data.yaml")
    check = page.locator("[data-findings]")
    check.get_by_text("Nothing to say against it.").wait_for()

    text.click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(BROKEN)
    finding = check.get_by_role("button", name="user-data.yaml:")
    finding.first.wait_for()
    page.locator(".cm-lint-marker-error").first.wait_for()
    page.get_by_label("Note").fill("says who edited it")
    page.get_by_role("button", name="Save as a new version").click()
    page.get_by_role("alert").get_by_text("The template cannot be used.").wait_for()
    assert all("422" in complaint for complaint in complaints), complaints
    complaints.clear()  # the browser's own words about the refused form
    assert page.get_by_label("Note").input_value() == "says who edited it"

    finding.first.click()  # leads to the line
    page.keyboard.press("Control+End")
    for _ in BROKEN:
        page.keyboard.press("Backspace")
    page.keyboard.insert_text("\n# edited in the portal\n")
    check.get_by_text("Nothing to say against it.").wait_for()
    page.get_by_role("button", name="Save as a new version").click()
    row = page.get_by_role("row", name="Version 2")
    row.get_by_text("says who edited it").wait_for()
    row.get_by_role("link", name="What changed").click()
    assert page.locator(".diff .added", has_text="# edited in the portal").count() == 1

    page.get_by_role("link", name="Machines").first.click()
    page.get_by_role("link", name="node-02").click()
    page.get_by_role("link", name="Deploy…").click()
    page.get_by_role("link", name="docker-host").click()
    assert page.get_by_text("docker-host@2").count() > 0
