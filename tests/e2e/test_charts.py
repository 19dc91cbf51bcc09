"""Charts and heartbeats as somebody sees them who has the page open."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import Served, enter
from tests.support.measured import BOOT, Reporter, samples

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SOON_MS = 4000  # a second where the computer does nothing else; less than what the page polls with
HAS_INK = """plot => new Uint32Array(
    plot.getContext("2d").getImageData(0, 0, plot.width, plot.height).data.buffer
).some(pixel => pixel !== 0)"""


def report(served: Served, reporter: Reporter, number: int, **values: Any) -> None:
    """One heartbeat; the server has committed it when this returns."""
    now = datetime.now(UTC)
    body = {
        "sequence": reporter.sequence + number, "sent_at": now.isoformat(), "boot_id": BOOT, "hostname": "web-1",
        "agent_version": "0.1.0", "samples": {**samples(now), **values}, "collectors": {}, "spool": {"waiting": 0},
    }  # fmt: skip
    path = f"{served.url}/api/v1/agents/{reporter.agent_id}/heartbeat"
    answer = httpx.post(path, json=body, headers={"Authorization": f"Bearer {reporter.key}"})
    assert answer.status_code == 200, answer.text


def test_charts_are_drawn_over_every_span(measured: tuple[Served, Reporter], page: Any) -> None:
    served, _ = measured
    enter(page, served)
    page.get_by_role("link", name="Machines", exact=True).click()
    page.get_by_role("link", name="web-1").click()
    page.get_by_role("link", name="Charts").click()
    page.get_by_role("heading", name="Metrics of web-1").wait_for()
    for span in ("1 hour", "7 days", "1 year"):
        page.get_by_role("link", name=span).click()
        page.locator("[data-chart=cpu].is-drawn").wait_for()
        assert page.get_by_role("link", name=span).get_attribute("aria-current") == "page"
        assert page.locator(".plot.is-drawn canvas").count() == 9
        assert page.locator("[data-chart=cpu] canvas").evaluate(HAS_INK)
    page.get_by_role("link", name="24 hours").click()
    table = page.locator("[data-key=chart-cpu] details")
    table.locator("summary").click()
    assert table.get_by_role("row").count() > 10


def test_a_heartbeat_reaches_the_open_page_at_once(measured: tuple[Served, Reporter], page: Any) -> None:
    served, reporter = measured
    enter(page, served)
    page.get_by_role("link", name="Machines", exact=True).click()
    page.get_by_role("link", name="web-1").click()
    page.locator("body[data-stream=open]").wait_for()
    report(served, reporter, 1, cpu={"percent": 91.3, "iowait_percent": 0.5})
    page.locator("[data-key=strip-cpu]").get_by_text("91.3 %").wait_for(timeout=SOON_MS)
    assert page.locator("[data-key=agent] .num", has_text="91.3 %").count() == 1

    page.get_by_role("link", name="Charts").click()
    page.get_by_role("link", name="1 hour").click()
    page.locator("[data-chart=cpu].is-drawn").wait_for()
    page.locator("body[data-stream=open]").wait_for()
    table = page.locator("[data-key=chart-cpu] details")
    table.locator("summary").click()
    report(served, reporter, 2, cpu={"percent": 17.7, "iowait_percent": 0.5})
    page.locator("[data-key=chart-cpu] .chart-legend").get_by_text("17.7 %").wait_for(timeout=SOON_MS)
    assert table.get_attribute("open") is not None, "what is open stays open"
    assert page.locator("[data-chart=cpu] canvas").count() == 1
