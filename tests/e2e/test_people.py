"""People and what they may: a viewer, a second factor, a program's key."""

from typing import Any

import httpx
import pyotp
import pytest

from tests.e2e.conftest import PASSWORD, Served, enter

pytestmark = pytest.mark.browser

FORMS = "main form:not([method=get], [action^='/account'], [action^='/keys'])"


def sign_in(page: Any, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_viewer_is_invited_sees_everything_and_can_change_nothing(furnished: Served, page: Any) -> None:
    enter(page, furnished)
    page.goto(f"{furnished.url}/users")
    page.get_by_label("Name").fill("vera")
    page.get_by_label("Role").select_option("viewer")
    page.get_by_role("button", name="Make the account").click()
    link = page.locator("#once").inner_text()
    page.get_by_role("button", name="Sign out").click()

    page.goto(link)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=again]").fill(PASSWORD)
    page.locator("main button").click()
    sign_in(page, "vera")
    page.get_by_role("heading", name="Overview").wait_for()
    for path in ("/", "/machines", "/agents", "/jobs", "/bulk", "/work", "/windows", "/templates", "/regions"):
        page.goto(f"{furnished.url}{path}")
        assert page.locator(FORMS).count() == 0, path
        assert page.get_by_role("checkbox").count() == 0, path
    page.goto(f"{furnished.url}/machines?q=stuck")
    page.get_by_role("link", name="stuck").click()
    page.get_by_role("heading", name="The installer started and then fell silent.").wait_for()
    assert page.locator(FORMS).count() == 0
    page.get_by_role("button", name="Deploy", exact=True).locator("..").focus()
    assert page.get_by_role("note").first.inner_text() == "Your role (viewer) may not do this."


def test_a_second_factor_is_enrolled_asked_for_and_replaced_by_a_recovery_code(furnished: Served, page: Any) -> None:
    enter(page, furnished)
    page.goto(f"{furnished.url}/account/second-factor")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Enrol").click()
    secret = page.locator("main code").first.inner_text()
    page.get_by_label("The six digits").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name="Your second factor is on").wait_for()
    recovery = page.locator("#once").inner_text().split()

    page.get_by_role("button", name="Sign out").click()
    sign_in(page, "ada")
    page.get_by_role("heading", name="Second step").wait_for()
    page.get_by_label("Code").fill(recovery[0])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Overview").wait_for()
    page.goto(f"{furnished.url}/account/second-factor")
    page.get_by_text(f"{len(recovery) - 1} recovery codes left").wait_for()


def test_a_programs_key_is_made_used_and_revoked(furnished: Served, page: Any) -> None:
    enter(page, furnished)
    page.goto(f"{furnished.url}/keys")
    page.get_by_label("What it is for").fill("terraform")
    page.get_by_role("checkbox", name="view").check()
    page.get_by_role("button", name="Make the key").click()
    key = page.locator("#once").inner_text()
    program = httpx.Client(base_url=furnished.url, headers={"Authorization": f"Bearer {key}"})
    assert program.get("/api/v1/machines").status_code == 200
    page.get_by_role("link", name="I have it").click()
    row = page.get_by_role("row", name="terraform")
    assert key not in page.content()
    row.get_by_role("button", name="Revoke").click()
    row.wait_for(state="detached")
    assert program.get("/api/v1/machines").status_code == 401
    program.close()
