"""From an empty server to a deployment, as its first administrator sees it."""

from typing import Any

import pytest

from tests.e2e.conftest import PASSWORD, Served, open_when_up

SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl ops@example"

pytestmark = pytest.mark.browser


def test_set_up_sign_in_deploy(server: Served, page: Any) -> None:
    secret = server.until(r"Set-up secret: (\S+)")
    server.until(r'"event":"(serving)"')
    open_when_up(page, server.url)

    assert page.url.endswith("/setup")
    page.get_by_label("Set-up secret").fill(secret)
    page.get_by_label("Your name").fill("ada")
    page.get_by_label("Password", exact=False).nth(0).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Create the administrator").click()

    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("heading", name="Overview").wait_for()
    page.get_by_role("link", name="Machines", exact=True).click()
    page.get_by_role("heading", name="Machines").wait_for()
    page.keyboard.press("/")
    page.keyboard.type("node-02")
    page.keyboard.press("Enter")
    page.wait_for_url("**/machines?q=node-02")
    page.get_by_role("row", name="node-02").wait_for()
    assert page.get_by_role("row", name="node-01").count() == 0
    page.get_by_role("link", name="node-02").click()
    assert page.get_by_role("heading", level=1).inner_text() == "node-02"

    page.get_by_role("link", name="Deploy…").click()
    page.get_by_role("link", name="docker-host").click()
    page.get_by_label("ssh keys").fill(SSH_KEY)
    page.get_by_role("button", name="Preview").click()
    assert "#cloud-config" in page.get_by_label("Rendered user-data").inner_text()
    page.get_by_role("button", name="Deploy now").click()

    stages = page.get_by_role("list", name="Stages of the deployment").get_by_role("listitem")
    assert stages.count() == 8
    # Without reloading: the page follows the job as its events come in.
    page.get_by_text("submit started").wait_for()
    page.locator("[data-key=stage-validate].is-done").wait_for()
    page.get_by_role("button", name="Cancel deployment").click()
    page.locator("#live .state", has_text="cancelled").first.wait_for()

    page.get_by_role("button", name="Switch to dark colours").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("heading", name="Sign in").wait_for()
