"""`gough fleet`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gough.bootstrap import Application
from gough.cli import embedded
from gough.domain.fleet_hosts import PolicyDraft
from gough.jobs.executor import Executor
from gough.jobs.followers import Followers
from gough.services.waking import Bell
from gough.web.guard import Guard
from gough.web.wsgi import create
from tests.integration.cli.conftest import Gough
from tests.support.fleet_site import URL, FleetSite
from tests.support.site import Site


@pytest.fixture
def fleet_site(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FleetSite]:
    made = FleetSite(site.database, site.clock, tmp_path)
    monkeypatch.setattr(embedded, "use", lambda: made.use)
    yield made
    made.close()


@pytest.fixture
def guard(fleet_site: FleetSite) -> Iterator[Guard]:
    """The web of a site that reaches the Fleet server."""
    bell = Bell()
    made = create(Application(fleet_site.use, bell, Executor(fleet_site.use, bell), Followers(fleet_site.use)))
    yield made
    made.site.feed.close()


def test_a_server_its_hosts_and_policies(gough: Gough, fleet_site: FleetSite, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(f"{fleet_site.token}\n")
    added = gough("fleet", "server", "add", "second", URL, "--token-file", str(token))
    assert added.code == 0 and "4.86.2" in added.out and fleet_site.token not in added.out
    token.write_text("wrong")
    refused = gough("fleet", "server", "add", "third", URL, "--token-file", str(token))
    assert refused.code != 0 and "Authentication required" in refused.err
    assert gough("fleet", "server", "remove", "second").code == 0
    assert gough("fleet", "server", "test", "main").code == 0
    fleet_site.client.create_policy(PolicyDraft("shell", "SELECT 1 FROM users WHERE username = 'nobody-here'"))
    fleet_site.enrolled("web-1")
    fleet_site.look()
    (server,) = json.loads(gough("fleet", "server", "list", "-o", "json").out)
    assert (server["name"], server["hosts"], server["online"], server["unbound"]) == ("main", 1, 1, 1)
    (host,) = json.loads(gough("fleet", "host", "list", "-o", "json").out)
    assert (host["hostname"], host["status"], host["binding"], host["failing"]) == ("web-1", "online", "none", 1)
    (policy,) = json.loads(gough("fleet", "policy", "list", "-o", "json").out)
    (result,) = json.loads(gough("fleet", "policy", "results", policy["id"], "-o", "json").out)
    assert (result["hostname"], result["verdict"]) == ("web-1", "fail")


def test_importing_a_pack_twice_changes_nothing(gough: Gough, fleet_site: FleetSite) -> None:
    first = json.loads(gough("fleet", "policy", "import", "main", "-o", "json").out)
    again = json.loads(gough("fleet", "policy", "import", "main", "-o", "json").out)
    assert {each["outcome"] for each in first} == {"created"} and {each["outcome"] for each in again} == {"unchanged"}
    assert gough("fleet", "policy", "import", "main", "--pack", "nothing-like-it").code == 4


def test_a_folder_is_of_the_servers_host(remote: Gough, fleet_site: FleetSite) -> None:
    refused = remote("fleet", "policy", "import", "main", "--pack", "./mine")
    assert refused.code != 0 and "the server reads its own" in refused.err
    assert remote("fleet", "policy", "results", "none").code == 4
