"""Bulk operations in the portal: ticked in the list, looked at in a dry run, begun, followed, stopped."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from gough.bootstrap import Application
from gough.services import lifecycle
from tests.integration.web.conftest import Client, serving
from tests.integration.web.portal_forms import faults, hidden, send, words
from tests.support.site import Site


@pytest.fixture
def application(site: Site) -> Application:
    return serving(site)


@pytest.fixture
def ids(site: Site) -> list[str]:
    """Three machines that are Ready."""
    return [site.machine(site.ready(f"web-{n}")).id for n in range(3)]


def test_the_list_lets_machines_be_ticked_but_not_by_a_viewer(viewer: Client, operator: Client, ids: list[str]) -> None:
    page = operator.get("/machines?q=web-").text
    assert all(f'name="id" value="{machine_id}"' in page for machine_id in ids)
    assert "All 3 that match" in words(operator.get("/machines?q=web-")), "not by mistake"
    assert "that match" not in words(operator.get("/machines"))
    assert 'type="checkbox"' not in viewer.get("/machines?q=web-").text
    assert viewer.get("/bulk/new", params={"action": "test", "id": ids}).status_code == 403
    assert send(viewer, "/bulk/new", action="test", id=ids).status_code == 403
    assert operator.get("/bulk/new", params={"action": "test"}).status_code == 422
    assert operator.get("/bulk/new", params={"action": "erase", "id": ids}).status_code == 404
    assert operator.get("/bulk/new", params={"action": "test", "id": ["mac_none"]}).status_code == 404


def test_a_dry_run_tells_each_machines_result_and_nothing_happens(operator: Client, site: Site, ids: list[str]) -> None:
    lifecycle.commission(site.use, ids[1], by="ada")
    page = operator.get("/bulk/new", params={"action": "commission", "id": ids})
    said = words(page)
    assert "2 would begin" in said and "1 would be refused" in said
    assert re.search(r"web-1 .{0,40}Would be refused web-1 is busy with commission", said)
    assert "Commission 2 machines now" in said
    wrong = send(operator, "/bulk/new", action="commission", id=ids, max_in_flight="many", stop_after="-1")
    assert wrong.status_code == 422 and set(faults(wrong)) == {"max_in_flight", "stop_after"}
    assert 'value="many"' in wrong.text
    far = send(operator, "/bulk/new", action="commission", id=ids, max_in_flight="2000", stop_after="0")
    assert faults(far) == {"max_in_flight": "expected 1 to 1000."}
    assert "No bulk operations yet" in words(operator.get("/bulk"))


def test_it_begins_is_followed_and_stopped(viewer: Client, operator: Client, site: Site, ids: list[str]) -> None:
    looked = operator.get("/bulk/new", params={"action": "commission", "id": ids})
    fields = {
        "action": "commission", "id": ids, "seen": hidden(looked, "seen"), "max_in_flight": "1", "stop_after": "0",
        "skip_tests": "yes", "step": "begin",
    }  # fmt: skip
    begun = send(operator, "/bulk/new", **fields)
    assert begun.status_code == 303
    here = begun.headers["location"]
    for path in (here, f"{here}/live"):
        said = words(operator.get(path))
        assert "Commission 3 machines" in said and "0 of 3 ended" in said and "running 1" in said
        assert "at most 1 at once, never stops by itself" in said
    page = operator.get(here).text
    assert '<noscript><meta http-equiv="refresh"' in page
    job = re.search(r"/jobs/(job_\w+)", page)
    assert job is not None and site.job(job[1]).parameters == {"skip_tests": True}
    only = words(operator.get(f"{here}?state=waiting"))
    assert "web-1" in only and "web-0" not in only.split("Job", 2)[-1]
    lines = operator.get(f"{here}?state=waiting&format=csv").text.splitlines()
    assert [line.partition(",")[0] for line in lines] == ["machine", "web-1", "web-2"]
    assert "<form" not in viewer.get(here).text.split("<main")[1]
    assert send(viewer, f"{here}/stop").status_code == 403
    assert send(operator, f"{here}/stop").headers["location"] == here
    said = words(operator.get(here))
    assert "stopped by operator" in said and "skipped 2" in said
    assert send(operator, f"{here}/stop").status_code in (303, 409)
    for path in ("/bulk", "/live/bulk"):
        assert here in operator.get(path).text and "Commission 3 machines" in words(operator.get(path))
    assert 'href="/bulk"' in operator.get("/jobs").text
    assert operator.get("/bulk/blk_none").status_code == 404


def test_a_release_of_many_wants_their_number_and_belongs_to_those_looked_at(operator: Client, site: Site) -> None:
    site.in_service("web-1")
    chosen = {"action": "release", "all": "yes", "q": "web-"}
    looked = operator.get("/bulk/new", params=chosen)
    fields = {**chosen, "seen": hidden(looked, "seen"), "step": "begin"}
    unsure = send(operator, "/bulk/new", **fields)
    assert unsure.status_code == 422 and set(faults(unsure)) == {"confirm"}
    site.ready("web-2")
    others = send(operator, "/bulk/new", **fields, confirm="1")
    assert others.status_code == 409 and "Other machines match now than when you looked" in words(others)
    fields["seen"] = hidden(others, "seen")
    assert send(operator, "/bulk/new", **fields, confirm="2").status_code == 303


def test_many_are_deployed_with_a_template_its_variables_and_options(
    operator: Client, site: Site, ids: list[str]
) -> None:
    chosen = {"action": "deploy", "id": ids}
    choices = operator.get("/bulk/new", params=chosen).text
    link = re.search(r'href="(/bulk/new\?[^"]*template=plain[^"]*)"', choices)
    assert link is not None
    address = link[1].replace("&amp;", "&")
    assert parse_qs(urlsplit(address).query)["id"] == ids
    assert 'name="v.greeting"' in operator.get(address).text
    fields = {**chosen, "template": "plain@1", "v.greeting": "hi", "o.links": "eth0", "step": "look"}
    wrong = send(operator, "/bulk/new", **fields)
    assert set(faults(wrong)) == {"o.links"} and 'value="hi"' in wrong.text
    looked = send(operator, "/bulk/new", **{**fields, "o.links": "", "o.tags": "gpu"})
    assert "3 would begin" in words(looked)
    sure = {**fields, "o.links": "", "o.tags": "gpu", "seen": hidden(looked, "seen"), "step": "begin"}
    here = send(operator, "/bulk/new", **sure).headers["location"]
    page = operator.get(here)
    assert "Deploy 3 machines" in words(page) and "Template: plain@1" in words(page)
    job = re.search(r"/jobs/(job_\w+)", page.text)
    assert job is not None and site.job(job[1]).parameters["options"] == {"tags": ["gpu"]}
