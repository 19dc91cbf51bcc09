"""Filters, facets and locations, through the API and the portal."""

import re
from html import unescape
from typing import Any

import pytest

from gough.bootstrap import Application
from gough.domain.machine_status import MachineStatus
from gough.persistence.models import Machine
from gough.services import locations
from gough.services.machine_list import Sort
from tests.integration.web.conftest import Client, add_machine

LIST = "/api/v1/machines"


@pytest.fixture
def hall(application: Application) -> None:
    """a and b are deployed, c is not; a stands in Oslo."""
    for name, status, tags in (("a", 6, ("gpu", "x")), ("b", 6, ("x",)), ("c", 4, ("gpu",))):
        add_machine(application, name, MachineStatus(status), tags=tags, zone=f"zone-{name}", power_state="on")
    locations.locate(application.use, "a", by="ada", site="Oslo", rack="R1", unit="7")


def names(client: Client, query: str) -> list[str]:
    return [item["hostname"] for item in client.get(f"{LIST}?{query}").json()["items"]]


def test_filters_combine_and_repeat(viewer: Client, hall: None) -> None:
    assert names(viewer, "status=deployed&tag=x&tag=gpu") == ["a"]
    assert names(viewer, "zone=zone-a&zone=zone-c&power_state=on") == ["a", "c"]
    assert names(viewer, "site=Oslo&rack=R1&q=r1") == ["a"]
    assert names(viewer, "site=-&status=") == ["b", "c"]


@pytest.mark.parametrize(
    "query", ["status=Deployed", "sort=size", "locked=1", "region=x", "zone=%00", "q=%00", "&".join(["tag=a"] * 201)]
)
def test_a_wrong_filter_says_what_is_right(viewer: Client, hall: None, query: str) -> None:
    for path in (f"{LIST}?{query}", f"{LIST}/facets?{query}", f"/machines?{query}"):
        assert viewer.get(path).status_code == 422
    told = viewer.get(f"{LIST}?status=Deployed").json()["errors"]
    assert told[0]["pointer"] == "?status"
    assert "failed_deployment" in told[0]["message"]


@pytest.mark.parametrize("sort", list(Sort))
def test_every_order_has_its_cursor_and_no_other(viewer: Client, hall: None, sort: Sort) -> None:
    seen, cursor = [], ""
    while cursor is not None:
        page = viewer.get(LIST, params={"sort": sort.value, "limit": 1, "cursor": cursor}).json()
        seen += [item["hostname"] for item in page["items"]]
        last, cursor = cursor, page["next_cursor"]
    assert seen == names(viewer, f"sort={sort.value}")
    others = [other.value for other in Sort if other is not sort]
    assert [viewer.get(LIST, params={"sort": other, "cursor": last}).status_code for other in others] == [422] * 3


@pytest.mark.parametrize(
    "cursor",
    [
        "WyJob3N0bmFtZSIsIlx1MDAwMCIsImEiXQ",
        "WyJob3N0bmFtZSIsMSwiYSJd",
        "WyJob3N0bmFtZSIsImEiXQ",
        "bnVsbA",
        "IiI",
        "e30",
        "é",
    ],
)
def test_a_forged_cursor_is_refused(viewer: Client, hall: None, cursor: str) -> None:
    assert viewer.get(LIST, params={"cursor": cursor}).status_code == 422


def test_facets(viewer: Client, hall: None) -> None:
    found = viewer.get(f"{LIST}/facets?status=deployed").json()
    assert found["total"] == 2
    assert found["facets"]["tag"] == [{"value": "x", "count": 2}, {"value": "gpu", "count": 1}]
    assert found["facets"]["site"] == [{"value": "-", "count": 1}, {"value": "Oslo", "count": 1}]
    assert set(found["facets"]) == {"status", "service", "zone", "pool", "site", "tag"}


# Locations


def put(client: Client, name: str, body: dict[str, Any]) -> Any:
    return client.put(f"{LIST}/{name}/location", json=body, headers={"X-CSRF-Token": client.csrf, "If-Match": "*"})


def send(client: Client, data: str, kind: str, query: str = "") -> Any:
    headers = {"X-CSRF-Token": client.csrf, "Content-Type": kind}
    return client.post(f"{LIST}/locations{query}", content=data.encode(), headers=headers)


def test_a_location_is_put_whole(operator: Client, hall: None) -> None:
    answer = put(operator, "b", {"site": "Oslo", "rack": "R1", "unit": 8.5})
    assert (answer.status_code, answer.json()["site"], answer.json()["unit"]) == (200, "Oslo", 8.5)
    assert put(operator, "b", {"site": "Oslo"}).json()["rack"] == ""
    wrong = put(operator, "b", {"site": "Oslo", "rack": "R1", "unit": "top"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/unit")
    assert put(operator, "b", {"site": "Oslo", "rack": "R1", "unit": "U7"}).status_code == 409
    assert put(operator, "b", {"floor": 3}).status_code == 422
    said = [e["kind"] for e in operator.get(f"{LIST}/b/timeline").json()["items"] if e["actor"] == "operator"]
    assert said == ["located", "located"]


def test_a_file_is_posted_as_it_is(operator: Client, hall: None) -> None:
    data = "hostname,site,rack,unit\nb,Oslo,R1,1\nz,Oslo,R1,2\n"
    tried = send(operator, data, "text/csv", "?dry_run=true").json()
    assert (tried["updated"], tried["unmatched"], tried["problems"][0]["pointer"]) == (1, 1, "line 3")
    assert names(operator, "site=Oslo") == ["a"]
    assert send(operator, data, "text/csv; charset=utf-8").json()["updated"] == 1
    assert send(operator, '[{"name": "c", "site": {"name": "Oslo"}}]', "application/json").json()["updated"] == 1
    assert names(operator, "site=Oslo") == ["a", "b", "c"]
    assert send(operator, data, "text/plain").status_code == 415
    assert send(operator, "x" * (1024 * 1024 + 1), "text/csv").status_code == 413


def test_a_viewer_moves_nothing(viewer: Client, hall: None) -> None:
    assert put(viewer, "a", {}).status_code == 403
    assert send(viewer, "hostname,site\na,Oslo\n", "text/csv").status_code == 403


# The portal


def links(page: str) -> dict[str, str]:
    """{text: address} of the links in the bar."""
    bar = page[page.index('class="filters"') : page.index("</nav>", page.index('class="filters"'))]
    found = re.findall(r'<a[^>]*? href="([^"]+)"[^>]*>(.*?)</a>', bar, re.DOTALL) + re.findall(
        r'<a href="([^"]+)"[^>]*>(.*?)</a>', bar, re.DOTALL
    )
    return {" ".join(re.sub(r"<[^>]+>", "", text).split()): unescape(address) for address, text in found}


def rows(page: str) -> list[str]:
    return re.findall(r'<th scope="row" class="c-name"><a href="[^"]+">([^<]+)</a>', page)


def test_the_bar_narrows_and_widens_by_links_alone(viewer: Client, hall: None) -> None:
    page = viewer.get("/machines").text
    assert rows(page) == ["a", "b", "c"]
    page = viewer.get(links(page)["Deployed 2"]).text
    assert rows(page) == ["a", "b"]
    page = viewer.get(links(page)["gpu 1"]).text
    assert rows(page) == ["a"]
    assert "Oslo / R1 / U7" in page
    assert '<input type="hidden" name="tag" value="gpu">' in page
    page = viewer.get(links(page)["MAAS: Deployed ×"]).text
    assert rows(page) == ["a", "c"]
    assert rows(viewer.get(links(page)["Location"]).text) == ["c", "a"]
    assert rows(viewer.get(links(page)["Show all"]).text) == ["a", "b", "c"]


def test_pages_keep_the_filters(viewer: Client, application: Application) -> None:
    for number in range(60):
        add_machine(application, f"n{number:02}", tags=("x",))
    page = viewer.get("/machines?tag=x&sort=status").text
    onward = re.search(r'href="([^"]+)" rel="next"', page)
    assert onward is not None
    assert rows(viewer.get(unescape(onward[1])).text) == [f"n{number}" for number in range(50, 60)]


def test_values_are_escaped_wherever_they_stand(operator: Client, application: Application, node: Machine) -> None:
    locations.locate(application.use, node.id, by="ada", site='"><script>x', rack="<b>")
    for path in ("/machines", "/machines?site=%22%3E%3Cscript%3Ex&tag=%3Cscript%3Ex", f"/machines/{node.id}"):
        assert "<script>x" not in operator.get(path).text
    assert "&lt;b&gt;" in operator.get(f"/machines/{node.id}").text
