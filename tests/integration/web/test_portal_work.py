"""The portal's queue: pausing, what waits and runs, how full a region is; and how far a running stage is."""

import re

import pytest

from gough.bootstrap import Application
from gough.persistence.models import Job
from gough.services import admission, lifecycle, progress, regions
from gough.services.sync.visit import set_region
from tests.integration.web.conftest import Client, serving
from tests.integration.web.portal_forms import faults, send, words
from tests.support.site import Site

PAGES = ("/", "/machines", "/agents", "/jobs", "/bulk", "/work", "/windows", "/templates", "/regions", "/machines/none")
LIVE = ("/live/machines", "/live/jobs", "/live/bulk", "/live/work", "/live/regions")


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


def asked(site: Site, hostname: str) -> str:
    return lifecycle.commission(site.use, site.ready(hostname), by="op").id


def test_a_pause_is_on_every_page_until_it_ends(admin: Client, viewer: Client, site: Site) -> None:
    assert not any("Paused" in words(viewer.get(path)) for path in (*PAGES, *LIVE))
    assert send(admin, "/work/pause", reason="storage is <moved>").headers["location"] == "/work"
    for path in (*PAGES, *LIVE):
        page = viewer.get(path)
        assert "Paused by admin for" in words(page) and "storage is <moved>" in words(page), path
        assert "<moved>" not in page.text
    job_id = asked(site, "web-1")
    site.settle()
    said = words(viewer.get(f"/jobs/{job_id}"))
    assert "Waits: Gough is paused" in said and "Begin now" not in said
    assert send(admin, "/work/pause").status_code == 409
    assert send(admin, "/work/resume").status_code == 303
    assert send(admin, "/work/resume").status_code == 409
    site.settle()
    assert site.job(job_id).state == "running" and "Paused" not in words(viewer.get("/"))


def test_a_pause_asks_for_the_right_and_for_a_short_reason(admin: Client, operator: Client, site: Site) -> None:
    assert "/work/pause" not in operator.get("/work").text
    assert [send(operator, f"/work/{verb}").status_code for verb in ("pause", "resume")] == [403, 403]
    long = send(admin, "/work/pause", reason="x" * 1001)
    assert long.status_code == 422 and set(faults(long)) == {"reason"} and "x" * 1001 in long.text
    with site.database.read() as session:
        assert admission.paused(session) is None


def test_the_queue_shows_what_waits_in_its_order_and_why(viewer: Client, site: Site) -> None:
    assert "Nothing waits" in words(viewer.get("/work"))
    regions.change(site.use, "lab", max_in_flight=1)
    jobs = {name: asked(site, name) for name in ("web-1", "web-2", "web-3")}
    site.settle()
    with site.database.write() as session:
        session.get_one(Job, jobs["web-3"]).priority = 10
    page = words(viewer.get("/work"))
    assert "lab 1 1 of 1 run, 2 wait" in page
    waiting = page.partition("Waiting")[2].partition("Running")[0]
    assert re.findall(r"web-\d", waiting) == ["web-3", "web-2"], "the most urgent first"
    assert "1 jobs are in flight in region lab; 1 are allowed" in waiting and " high op" in waiting
    assert re.findall(r"web-\d", page.partition("Running")[2]) == ["web-1"]
    assert "Priority: high" in words(viewer.get(f"/jobs/{jobs['web-3']}"))


def test_a_regions_limit_is_set_on_its_form(admin: Client, viewer: Client, site: Site) -> None:
    here = f"/regions/{site.region_row().id}"
    url = site.region_row().url
    wrong = send(admin, here, url=url, max_in_flight="many")
    assert wrong.status_code == 422 and set(faults(wrong)) == {"max_in_flight"} and 'value="many"' in wrong.text
    assert send(admin, here, url=url, max_in_flight="7").status_code == 303
    assert site.region_row().max_in_flight == 7
    assert 'value="7"' in admin.get(here).text
    assert "0 of 7 may run" in words(viewer.get("/regions"))
    set_region(site.use, site.region_row().id, max_in_flight=0)
    assert "0 run; any number may" in words(viewer.get("/regions"))


def test_a_running_stage_shows_how_far_it_is(viewer: Client, site: Site) -> None:
    system_id, job_id = site.deploying()
    site.region.pxe_boot(system_id)
    site.settle()
    machine = f"/machines/{site.machine(system_id).id}"
    told = site.machine(system_id).status_message
    for path in (f"/jobs/{job_id}", f"/jobs/{job_id}/live", machine, f"{machine}/live"):
        page = viewer.get(path)
        stage = page.text.partition('data-key="stage-install"')[2].partition("</li>")[0]
        assert f">{told}</span>" in stage and '<progress class="thin" max="2700"' in stage and "of 45 min" in stage
    with site.database.write() as session:
        said = "modules-final/config-scripts_user/10-docker.sh start"
        progress.tell(session, site.machine(system_id).id, ("install",), said)
    row = viewer.get("/live/machines").text.partition("c-state")[2].partition("</td>")[0]
    assert f'title="{said}">10-docker.sh start</span>' in row


def test_what_waits_is_moved_to_the_front_and_what_runs_is_not(operator: Client, viewer: Client, site: Site) -> None:
    job_id = asked(site, "web-1")
    page = f"/jobs/{job_id}"
    assert "Set priority" in words(operator.get(page)) and "Set priority" not in words(viewer.get(page))
    assert send(viewer, f"{page}/priority", priority="urgent").status_code == 403
    wrong = send(operator, f"{page}/priority", priority="at once")
    assert wrong.status_code == 422 and "expected one of low, normal, high, urgent" in words(wrong)
    assert send(operator, f"{page}/priority", priority="urgent").headers["location"] == page
    assert "Priority: urgent" in words(viewer.get(page)) and site.job(job_id).priority == 20
    site.settle()
    assert "Set priority" not in words(operator.get(page))
    assert send(operator, f"{page}/priority", priority="low").status_code == 409
