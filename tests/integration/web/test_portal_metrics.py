"""Charts without a script, the points for the script, the fleet's top lists."""

import re
from datetime import timedelta

import pytest

from gough.bootstrap import Application
from gough.persistence.models import Agent
from tests.integration.web.conftest import Client
from tests.integration.web.portal_forms import words
from tests.support import measured
from tests.support.measured import Reporter


@pytest.fixture
def reporter(application: Application) -> Reporter:
    return measured.machine(application.use, "web-1", silent=(timedelta(hours=3), timedelta(hours=2)))


def test_a_page_without_a_script_has_drawings_and_tables(viewer: Client, reporter: Reporter) -> None:
    page = viewer.get("/machines/web-1/metrics?span=6h")
    assert page.text.count('class="spark"') == 9
    cpu = page.text.partition('data-key="chart-cpu"')[2].partition("</section>")[0]
    (line,) = re.findall(r'class="line line-1" d="([^"]+)"', cpu)
    assert line.count("M") == 2, "the silence of an hour is a gap"
    assert cpu.count("<tr>") in (9, 10, 11, 12), "a few rows, and the heading"
    assert re.search(r"Processor [\d.]+ %", words(page))
    assert "/var/lib/docker" in words(page), "each filesystem, while samples are kept"
    assert "Fullest filesystem" in words(viewer.get("/machines/web-1/metrics?span=7d"))
    assert viewer.get("/machines/web-1/metrics?span=9y").status_code == 422
    machine = viewer.get("/machines/web-1").text
    assert machine.count('class="spark"') == 4 and "<style" not in machine + page.text
    assert ' style="' not in machine + page.text, "the content policy forbids it"


@pytest.mark.parametrize(("span", "step"), [("1h", 60), ("24h", 300), ("30d", 3600)])
def test_points_come_from_what_is_fine_enough(viewer: Client, reporter: Reporter, span: str, step: int) -> None:
    charts = viewer.get(f"/machines/web-1/metrics/points?span={span}").json()["charts"]
    cpu = next(chart for chart in charts if chart["name"] == "cpu")
    processor = cpu["lines"][0]
    assert min(after - at for at, after in zip(cpu["at"], cpu["at"][1:], strict=False)) == pytest.approx(step, abs=1)
    assert (None in processor["average"]) == (span == "24h"), "only there is a silence longer than its gap"
    known = [n for n, value in enumerate(processor["average"]) if value is not None]
    assert all(processor["low"][n] <= processor["average"][n] <= processor["high"][n] for n in known)
    assert any(processor["low"][n] < processor["high"][n] for n in known) == (step > 60), "a sample has no band"


def test_the_usual_span_shows_all_that_a_young_machine_has(
    viewer: Client, reporter: Reporter, application: Application
) -> None:
    assert shown_span(viewer) == "24 hours"
    for age, span in ((timedelta(minutes=3), "10 minutes"), (timedelta(hours=2), "6 hours")):
        with application.use.database.write() as session:
            session.get_one(Agent, reporter.agent_id).enrolled_at = application.use.database.now(session) - age
        assert shown_span(viewer) == span


def shown_span(viewer: Client) -> str:
    (name,) = re.findall(r'span=\w+" aria-current="page">([^<]+)<', viewer.get("/machines/web-1/metrics").text)
    return str(name)


def test_top_lists_and_who_waits(viewer: Client, reporter: Reporter, application: Application) -> None:
    measured.machine(application.use, "web-2", seed=3)
    page = viewer.get("/top")
    assert re.search(r"Waiting for a reboot 1 machine web-2 linux-image-\S+, libc6", words(page))
    assert re.search(r"Security updates 1 machine web-2 12", words(page))
    told = viewer.get("/api/v1/metrics/upkeep").json()
    assert [(each["hostname"], each["count"]) for each in told["updates"]] == [("web-2", 12)]
    assert [each["hostname"] for each in told["reboots"]] == ["web-2"] and told["uncounted"] == 0
    first = page.text.partition('id="top-disk-read-title"')[2].partition("</section>")[0]
    assert first.index("web-1") < first.index("web-2"), "as high, by name"
