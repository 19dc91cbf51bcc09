"""Work that waits: for a maintenance window, and while Gough is paused; in a browser."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gough.domain.windows import DAYS
from gough.lab.hall import Hall
from tests.e2e.conftest import Served, enter

pytestmark = pytest.mark.browser


def test_a_job_waits_for_its_window_and_for_a_pause_and_is_let_begin(following: Served, page: Any, hall: Hall) -> None:
    enter(page, following)
    another_day = DAYS[(datetime.now(UTC) + timedelta(days=3)).weekday()].capitalize()
    page.get_by_role("link", name="Jobs").click()
    page.get_by_role("link", name="Maintenance windows").click()
    page.get_by_role("link", name="Add a window").click()
    page.get_by_label("Name").fill("weekly")
    page.get_by_label(another_day).check()
    page.get_by_label("Opens at").fill("06:00")
    page.get_by_label("Stays open").fill("90")
    page.get_by_role("button", name="Add the window").click()
    page.get_by_role("row", name="weekly").get_by_text("for 1 h 30 min").wait_for()

    page.get_by_role("link", name="Machines", exact=True).click()
    page.get_by_role("link", name="node-01").click()
    token = page.locator("main [name=csrf_token]").first.get_attribute("value")
    path = f"{following.url}/api/v1/machines/node-01/commission"
    assert page.request.post(path, data={}, headers={"X-CSRF-Token": token}).status == 202
    # Without reloading: the page hears of the job, and why it waits.
    page.get_by_text("Waits for its maintenance window").wait_for()
    bar = page.get_by_role("status").filter(has_text="Paused by ada")
    assert bar.count() == 0

    page.get_by_role("link", name="Jobs").click()
    page.get_by_role("link", name="Queue").click()
    page.locator("summary", has_text="Pause…").click()
    page.get_by_label("Reason").fill("the storage is being moved")
    page.get_by_role("button", name="Pause").click()
    bar.get_by_text("the storage is being moved").wait_for()
    page.get_by_role("link", name="Commission").click()
    page.get_by_role("button", name="Begin now").click()
    page.get_by_text("Waits: Gough is paused.").wait_for()
    bar.get_by_role("link", name="The queue").click()
    page.get_by_role("button", name="Resume").click()
    assert bar.count() == 0

    page.get_by_role("row", name="node-01").get_by_role("link", name="Commission").click()
    # Without reloading, again.
    page.locator("[data-key=stage-commission].is-done").wait_for()
