"""One among ten thousand machines is found; forty of them are released after a dry run."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.seeding import machines
from tests.e2e.conftest import SETUP, Served, enter, served_with

pytestmark = pytest.mark.browser


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[Served]:
    """250 racks of forty machines, all installed by somebody else, as far as MAAS tells."""
    settings = {"GOUGH_SETUP_SECRET": SETUP}
    yield from served_with(tmp_path, settings, lambda application: machines(application.use.database, 10_000))


def test_a_machine_is_found_by_its_serial_by_filters_and_from_anywhere(crowded: Served, page: Any) -> None:
    enter(page, crowded)
    assert page.locator(".fleet .figure").all_inner_texts() != ["0"] * 4
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/machines")
    page.keyboard.press("/")
    page.keyboard.type("SN0009999")
    page.keyboard.press("Enter")
    page.get_by_role("row", name="r249-n39").wait_for()
    assert page.get_by_role("row").count() == 2

    page.get_by_role("link", name="Show all").first.click()
    page.locator("summary", has_text="Zone").click()
    page.get_by_role("link", name="zone-1").click()
    assert page.get_by_text("match.").inner_text().startswith("2,520 match")
    page.get_by_role("link", name="Next page").click()
    assert page.locator("tbody tr").count() == 50

    page.keyboard.press("Control+k")
    page.keyboard.type("r123-n07")
    page.get_by_role("option", name="r123-n07").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="r123-n07").wait_for()
    # The same, for the machine that is shown: its actions.
    page.keyboard.press("Control+k")
    page.keyboard.type("release")
    page.get_by_role("option", name="Release…").wait_for()
    page.keyboard.press("Enter")
    page.locator("[data-key=act-release][open] [name=confirm]").wait_for()


def test_what_is_typed_while_the_palette_loads_is_looked_for(crowded: Served, page: Any) -> None:
    enter(page, crowded)
    held: list[Any] = []
    page.route("**/palette*.js*", lambda route: held.append(route))  # noqa: PLW0108  (a built-in is not taken)
    with page.expect_request("**/palette*.js*"):
        page.keyboard.press("Control+k")
        page.keyboard.type("r123-n07")
    assert page.locator("#palette-text").input_value() == "r123-n07"
    held[0].continue_()
    page.get_by_role("option", name="r123-n07").wait_for()
    assert page.get_by_role("option").count() == 1


def test_a_late_answer_to_fewer_letters_is_dropped(crowded: Served, page: Any) -> None:
    enter(page, crowded)
    held: list[Any] = []
    page.route(re.compile(r"/api/v1/machines\?q=r123-n0&"), lambda route: held.append(route))  # noqa: PLW0108  (a built-in is not taken)
    page.keyboard.press("Control+k")
    with page.expect_request(re.compile(r"q=r123-n0&")):
        page.keyboard.type("r123-n0")
    with page.expect_event("requestfailed"):
        page.keyboard.type("7")
    page.get_by_role("option", name="r123-n07").wait_for()
    assert page.get_by_role("option").count() == 1


def test_a_rack_is_released_after_a_dry_run(crowded: Served, page: Any) -> None:
    enter(page, crowded)
    page.goto(f"{crowded.url}/machines?tag=rack-249")
    page.get_by_label("Every machine on this page").check()
    page.get_by_label("All 40 that match").check()
    page.get_by_role("button", name="Release…").click()
    page.get_by_text("40 would be refused").wait_for()
    page.get_by_label("Those that belong to others, too").check()
    page.get_by_role("button", name="Dry run again").click()
    page.get_by_text("40 would begin", exact=True).wait_for()
    assert page.locator("tbody tr").count() == 40

    page.get_by_role("button", name="Release 40 machines now").click()
    page.get_by_text("type 40, the number of machines you have chosen").wait_for()
    page.get_by_label("Type 40 to confirm").fill("40")
    page.get_by_role("button", name="Release 40 machines now").click()
    page.wait_for_url("**/bulk/blk_*")
    page.get_by_text("of 40 ended").wait_for()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert (len(lines), lines[0]) == (41, "machine,state,reason,job,gough_id")
