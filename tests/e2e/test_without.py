"""Without a mouse; without scripts."""

import re
from typing import Any

import pytest

from tests.e2e.conftest import Served, enter
from tests.e2e.test_journey import SSH_KEY

pytestmark = pytest.mark.browser

FOCUSED = "(e => (e.labels?.[0]?.innerText || e.innerText || e.value || '').trim())(document.activeElement)"
NAMES = re.compile(r"(mac|job|blk|reg)_\w+|[\w-]+@\d+")


def tab_to(page: Any, name: str) -> None:
    """Forward, key by key, until what has the focus begins with that name."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED).startswith(name):
            return
    raise AssertionError(f"Tab never comes to {name}")


def press(page: Any, name: str) -> None:
    tab_to(page, name)
    page.keyboard.press("Enter")


def test_a_machine_is_deployed_without_a_mouse(furnished: Served, page: Any) -> None:
    enter(page, furnished)
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.type("gm")
    page.wait_for_url("**/machines")
    page.keyboard.press("/")
    page.keyboard.type("gj?/")  # in a field, keys are letters
    assert page.get_by_role("searchbox").input_value() == "gj?/"
    assert page.get_by_role("dialog").count() == 0
    page.get_by_role("searchbox").clear()
    page.keyboard.type("free-01")
    page.keyboard.press("Enter")
    page.wait_for_url("**/machines?q=free-01")
    press(page, "free-01")
    page.get_by_role("heading", level=1, name="free-01").wait_for()
    press(page, "Deploy…")
    page.get_by_role("heading", level=1, name="Deploy free-01").wait_for()
    press(page, "docker-host")
    page.get_by_label("ssh keys").wait_for()
    tab_to(page, "Ssh keys")
    page.keyboard.type(SSH_KEY)
    press(page, "Preview")
    page.get_by_label("Rendered user-data").wait_for()
    press(page, "Deploy now")
    page.get_by_role("list", name="Stages of the deployment").wait_for()


def test_every_page_reads_and_a_form_is_sent_without_scripts(furnished: Served, page: Any) -> None:
    enter(page, furnished)
    state = page.context.storage_state()
    plain = page.context.browser.new_context(java_script_enabled=False, storage_state=state).new_page()
    seen, waiting = set(), ["/"]
    while waiting:
        path = waiting.pop()
        answer = plain.goto(f"{furnished.url}{path}")
        assert answer.status in (200, 409), path
        assert plain.get_by_role("heading", level=1).inner_text(), path
        assert plain.locator(".needs-script:visible").count() == 0, path
        for link in plain.locator("a[href^='/']").all():
            onward = str(link.get_attribute("href"))
            kind = NAMES.sub("*", onward.partition("?")[0].partition("#")[0])
            if kind not in seen and "format=csv" not in onward and kind != "/docs":
                seen.add(kind)
                waiting.append(onward)
    assert {"/machines/*", "/jobs/*", "/agents", "/bulk/*", "/windows/new", "/regions/*", "/audit"} <= seen

    plain.goto(f"{furnished.url}/machines/free-01")
    plain.locator("summary", has_text="Commission…").click()
    plain.locator("details[open]").get_by_role("button", name="Commission").click()
    plain.get_by_role("list", name="Stages of the commission").wait_for()
    plain.context.close()
