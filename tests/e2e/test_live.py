"""What changes on an open page by itself, and what must not; the server goes away and comes back."""

import re
from typing import Any

import pytest
from pydantic import SecretStr

from gough import bootstrap
from gough.config import Settings
from gough.domain.timeline import Source, TimelineEvent
from gough.lab.hall import Hall
from gough.services import machines, timeline
from tests.e2e.conftest import SECRET_KEY, Served, enter
from tests.e2e.test_charts import SOON_MS, report
from tests.support.measured import Reporter

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
WHAT_IS = """() => {
    const here = document.activeElement;
    return [here.textContent, scrollY, getSelection().toString(),
            document.querySelector("details.confirm[open] > summary").textContent];
}"""


def test_a_stage_turns_and_what_one_does_meanwhile_stays(following: Served, page: Any, hall: Hall) -> None:
    enter(page, following)
    page.get_by_role("link", name="Machines", exact=True).click()
    page.get_by_role("link", name="node-01").click()
    page.set_viewport_size({"width": 1280, "height": 500})
    page.locator("body[data-stream=open]").wait_for()
    page.locator("summary", has_text="More…").click()
    page.get_by_role("link", name="Change…").focus()
    page.evaluate("scrollTo(0, 150)")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('[data-key=hardware] dd code'))")
    before = page.evaluate(WHAT_IS)

    token = page.locator("main [name=csrf_token]").first.get_attribute("value")
    path = f"{following.url}/api/v1/machines/node-01/commission"
    assert page.request.post(path, data={}, headers={"X-CSRF-Token": token}).status == 202
    page.locator("[data-key=stage-commission].is-done").wait_for()
    page.get_by_text("commission done").first.wait_for()
    assert page.evaluate(WHAT_IS) == before


def test_the_server_restarts_and_the_page_catches_up(
    measured: tuple[Served, Reporter], page: Any, complaints: list[str]
) -> None:
    served, reporter = measured
    enter(page, served)
    page.get_by_role("link", name="Machines", exact=True).click()
    page.get_by_role("link", name="web-1").click()
    page.locator("body[data-stream=open]").wait_for()
    page.evaluate("document.title = 'as it was opened'")

    served.stop()
    page.locator("body[data-stream=closed]").wait_for()
    note(served, "while nobody was listening")
    served.start()
    served.until(r'"event":"(serving)"')
    page.get_by_text("while nobody was listening").wait_for()
    page.locator("body[data-stream=open]").wait_for()
    report(served, reporter, 1, cpu={"percent": 66.6, "iowait_percent": 0.5})
    page.locator("[data-key=strip-cpu]").get_by_text("66.6 %").wait_for(timeout=SOON_MS)
    assert page.title() == "as it was opened", "it was not loaded again"
    assert all(
        re.search("ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY|htmx:sse:error|htmx:error", each) for each in complaints
    ), complaints
    complaints.clear()


def test_without_a_stream_the_page_polls(
    measured: tuple[Served, Reporter], page: Any, complaints: list[str]
) -> None:  # fmt: skip
    served, reporter = measured
    enter(page, served)
    page.route("**/api/v1/events/stream*", lambda route: route.fulfill(status=503, body="{}"))
    page.get_by_role("link", name="Machines", exact=True).click()
    page.get_by_role("link", name="web-1").click()
    page.locator("[data-key=strip-cpu]").wait_for()
    report(served, reporter, 1, cpu={"percent": 55.5, "iowait_percent": 0.5})
    page.locator("[data-key=strip-cpu]").get_by_text("55.5 %").wait_for()
    assert page.locator("body[data-stream=open]").count() == 0
    assert page.get_by_role("heading", name="web-1").count() == 1, "the refusal is not drawn into the page"
    assert all("503" in each for each in complaints), complaints
    complaints.clear()


def note(served: Served, said: str) -> None:
    """In the timeline of web-1, by another process."""
    settings = Settings(data_dir=served.folder, secret_key=SecretStr(SECRET_KEY), public_url=served.url)
    use = bootstrap.wire(settings).use
    with use.database.write() as session:
        now = use.database.now(session)
        machine = machines.find(session, "web-1")
        timeline.record(session, machine.id, TimelineEvent(Source.GOUGH, "noted", said, now), now=now)
    use.database.close()
