"""The portal's security: policies, hosts, Fleet servers; as a virtual host that enrolled makes them."""

import re

import pytest

from gough.bootstrap import Application
from gough.domain.fleet_hosts import PolicyDraft
from gough.jobs.executor import Executor
from gough.jobs.followers import Followers
from gough.services.fleet_hosts import servers
from gough.services.waking import Bell
from tests.integration.web.conftest import Client
from tests.integration.web.portal_forms import faults, send, words
from tests.support import measured
from tests.support.fleet_site import URL, FleetSite

HERE = "/security/servers"


@pytest.fixture
def application(fleet_site: FleetSite) -> Application:
    bell = Bell()
    return Application(fleet_site.use, bell, Executor(fleet_site.use, bell), Followers(fleet_site.use))


def test_policies_that_fail_come_first_and_name_their_hosts(
    admin: Client, viewer: Client, fleet_site: FleetSite
) -> None:
    assert "Nothing read yet" in words(viewer.get("/security")) and "follows main" in words(viewer.get("/security"))
    assert send(viewer, f"{HERE}/main/import").status_code == 403
    assert send(admin, f"{HERE}/main/import").headers["location"] == "/security"
    fleet_site.client.create_policy(PolicyDraft("a shell", "SELECT 1 FROM users WHERE username = 'nobody-here'"))
    host = fleet_site.enrolled("web-<1>")
    root_may = [{"path": "/etc/ssh/sshd_config", "label": "PermitRootLogin", "value": "yes"}]
    fleet_site.tables["web-<1>"].set("augeas", root_may)
    fleet_site.look()
    fleet_site.clock.forward(seconds=7200)  # policies are asked again
    host.step()
    fleet_site.look()
    page = viewer.get("/security")
    rows = re.findall(r'href="(/security/policies/[^"]+)">([^<]+)<', page.text)
    assert len(rows) > 10
    body = page.text.partition("<tbody>")[2]
    order = [
        (int(failing) > 0, "critical</span>" in head)
        for head, failing in re.findall(r'<tr>(.*?)<td class="num">(\d+)</td>', body, re.S)
    ]
    urgency = [0 if fails and critical else 1 if fails else 2 for fails, critical in order]
    assert urgency == sorted(urgency) and set(urgency) == {0, 1, 2}
    first = words(viewer.get(rows[0][0]))
    assert rows[0][1] in first and "web-<1>" in first and "none that Gough knows" in first
    assert "<1>" not in viewer.get(rows[0][0]).text
    answered = [v for v in ("fail", "pass", "unknown") if "web-<1>" in words(viewer.get(f"{rows[0][0]}?verdict={v}"))]
    assert len(answered) == 1, "a host has one verdict"
    file = viewer.get("/security?format=csv").text.splitlines()
    assert len(file) == len(rows) + 1 and file[0].startswith("policy,critical,failing,")
    assert viewer.get("/security/policies/none").status_code == 404


def test_a_machines_page_says_what_fails_on_it(viewer: Client, fleet_site: FleetSite) -> None:
    measured.machine(fleet_site.use, "web-1")
    assert 'data-key="fleet"' not in viewer.get("/machines/web-1").text, "Fleet has not heard of it"
    nobody = "SELECT 1 FROM users WHERE username = 'nobody-here'"
    fleet_site.client.create_policy(PolicyDraft("somebody is here", nobody, resolution="Add them."))
    fleet_site.enrolled("web-1")
    fleet_site.look()
    page = viewer.get("/machines/web-1")
    card = page.text.partition('data-key="fleet"')[2].partition("</section>")[0]
    assert "somebody is here" in card and "Add them." in card and "Fails" in card and "Online" in card


def test_hosts_are_narrowed_by_state_and_by_what_binds_them(viewer: Client, fleet_site: FleetSite) -> None:
    fleet_site.enrolled("web-1")
    fleet_site.look()
    assert "web-1" in words(viewer.get("/security/hosts?binding=none")), "no machine is called so"
    assert "No host is like this" in words(viewer.get("/security/hosts?binding=uuid"))
    assert "web-1" in words(viewer.get("/security/hosts?status=online"))
    assert "web-1" in words(viewer.get("/security/hosts?status=<odd>")), "what is no state narrows nothing"
    assert viewer.get("/security/hosts?status=offline&format=csv").text.count("\n") == 1


def test_a_server_is_added_tested_and_forgotten(admin: Client, operator: Client, fleet_site: FleetSite) -> None:
    assert "/security/servers/new" not in operator.get(HERE).text
    assert [send(operator, f"{HERE}/{path}").status_code for path in ("new", "main/remove")] == [403, 403]
    assert set(faults(send(admin, f"{HERE}/new", name="second"))) == {"url", "token"}
    wrong = send(admin, f"{HERE}/new", name="second", url=URL, token="not-the-token")
    assert "Authentication required" in words(wrong) and "not-the-token" not in wrong.text
    assert 'value="second"' in wrong.text
    odd = send(admin, f"{HERE}/new", name="second", url="gopher://fleet", token="x")
    assert odd.status_code == 422
    assert send(admin, f"{HERE}/new", name="second", url=URL, token=fleet_site.token).headers["location"] == HERE
    assert fleet_site.token not in admin.get(HERE).text and "second Answers" in words(admin.get(HERE))
    assert send(operator, f"{HERE}/second/test").headers["location"] == HERE
    assert send(admin, f"{HERE}/second/remove", confirm="main").status_code == 422
    assert send(admin, f"{HERE}/second/remove", confirm="second").status_code == 303
    with fleet_site.database.read() as session:
        assert [each.name for each in servers.listed(session)] == ["main"]
