"""Somebody goes from page to page faster than anybody reads: every page is live at once, and none complains."""

from typing import Any

import pytest

from gough.web.feed import STREAMS_OF_ONE
from tests.e2e.conftest import Served, enter

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
LIVE = ("/", "/jobs", "/work", "/machines")
VISITS = STREAMS_OF_ONE + 6
BETWEEN_MS = 500  # as fast as somebody clicks who knows where to go


def test_pages_left_behind_do_not_take_the_place_of_the_one_that_is_open(following: Served, page: Any) -> None:
    enter(page, following)
    for visit in range(VISITS):
        page.goto(f"{following.url}{LIVE[visit % len(LIVE)]}")
        page.locator("body[data-stream=open]").wait_for()
        page.wait_for_timeout(BETWEEN_MS)
