"""What is printed on the host is printed against a server, field by field; and people's commands against a server."""

import json
from typing import Any

import pytest

from gough.domain.machine_options import WITHOUT_TESTS
from gough.domain.permissions import Role
from gough.persistence.models import PlaybookRun
from gough.services import api_keys, lifecycle, rollups, users
from tests.integration.cli.conftest import Gough
from tests.support.people import PASSWORD, account
from tests.support.site import Site

LOOKING = (
    "machine list", "machine list --sort -status_since --limit 2", "machine list --agent online", "machine show web-1",
    "machine show web-2", "machine timeline web-1 --limit 7", "machine why web-1", "machine why web-2",
    "machine results web-1", "machine runs web-1", "machine metrics web-1 --hours 3",
    "machine metrics web-1 --series cpu",
    "metrics top cpu", "job list", "job list --limit 1", "bulk list", "window list", "template list",
    "template show plain", "template versions plain", "template used plain", "region list", "region show lab",
    "region test lab", "user list", "api-key list", "audit list --limit 3",
)  # fmt: skip


@pytest.fixture
def busy(site: Site, here: Gough) -> dict[str, str]:
    """A site with something of everything in it; the ids of a job and of a bulk operation."""
    system_id, agent = site.in_service()
    ran(site, system_id)
    for sequence in range(2, 12):
        site.clock.forward(seconds=60)
        site.beats(agent, sequence, cpu={"percent": 7.0 * sequence})
    rollups.roll_up(site.use)
    job = lifecycle.commission(site.use, site.ready("web-2"), WITHOUT_TESTS, by="ada")
    site.settle()
    here("window", "add", "night", "--days", "daily", "--start", "22:00", "--minutes", "60", "--tag", "gpu")
    site.ready("web-4")
    bulk = here("bulk", "test", "--machine", "web-4", "--machine", "web-2", "--yes").out.strip()
    account(site.use, "eve", Role.OPERATOR)
    here("api-key", "create", "eve", "ci", "--scope", "view", "--network", "10.0.0.0/8", "--days", "9")
    return {"job": job.id, "bulk": bulk}


def ran(site: Site, system_id: str) -> None:
    machine = site.machine(system_id)
    with site.database.write() as session:
        deployment = lifecycle.latest_deployment(session, machine.id)
        assert deployment is not None
        now, known = site.database.now(session), {"machine_id": machine.id, "playbook": "plain.yml"}
        run = PlaybookRun(deployment_id=deployment.id, state="failed", started_at=now, said="Greet: no", **known)
        run.recap = {"ok": 3, "failed": 1}
        session.add(run)


def read(gough: Gough, words: str) -> Any:
    ended = gough(*words.split(), "-o", "json")
    assert ended.code == 0, ended.err
    return same(json.loads(ended.out))


def test_both_ways_say_the_same(busy: dict[str, str], here: Gough, remote: Gough) -> None:
    more = (f"job show {busy['job']}", f"bulk show {busy['bulk']}", f"bulk show {busy['bulk']} --state running")
    for words in (*LOOKING, *more):
        assert read(remote, words) == read(here, f"--context embedded {words}"), words


def same(found: Any) -> Any:
    """Moments to the millisecond, as the API tells them."""
    if isinstance(found, dict):
        return {name: same(value) for name, value in found.items()}
    if isinstance(found, list):
        return [same(each) for each in found]
    is_moment = isinstance(found, str) and len(found) == 27 and found[10] == "T" and found.endswith("Z")
    return f"{found[:23]}000Z" if is_moment else found


def test_cpu_was_measured_or_the_comparison_would_be_of_nothing(busy: dict[str, str], here: Gough) -> None:
    (found,) = read(here, "machine metrics web-1 --series cpu")
    assert found["points"] > 0 and found["lowest"] < found["average"] < found["highest"]
    assert read(here, "metrics top cpu")[0]["hostname"] == "web-1"


def test_accounts_are_managed_from_elsewhere(remote: Gough, site: Site) -> None:
    link = remote("user", "create", "ada", "operator").out.strip()
    assert link.startswith("https://gough.example/reset?secret=")
    users.redeem(site.use, link.rpartition("=")[2], PASSWORD)
    assert remote("user", "create", "ada", "viewer").code == 5
    assert remote("user", "role", "ada", "admin").out == "ada is admin.\n"
    assert remote("user", "disable", "ada").out == "ada is disabled.\n"
    assert remote("user", "enable", "ada").out == "ada may sign in.\n"
    assert remote("user", "reset-second-factor", "ada").code == 0
    assert "/reset?secret=" in remote("user", "reset-password", "ada").out
    assert remote("user", "remove", "ada").code == 0 and remote("user", "remove", "ada").code == 4
    assert remote("user", "disable", "root").code == 5  # the last administrator
    listed = json.loads(remote("audit", "list", "--target", "ada", "--limit", "1", "-o", "json").out)
    assert [(row["actor"], row["outcome"]) for row in listed] == [("root", "NOT_FOUND")]


def test_keys_of_one_s_own_are_made_from_elsewhere_and_nobody_else_s(remote: Gough, site: Site) -> None:
    account(site.use, "eve", Role.OPERATOR)
    refused = remote("api-key", "create", "eve", "ci", "--scope", "view")
    assert refused.code == 7 and "You are root" in refused.err and "--context embedded" in refused.err
    key = remote("api-key", "create", "root", "ci", "--scope", "view", "--network", "10.0.0.0/8").out.strip()
    assert api_keys.who(site.use, key, address="10.1.1.1").name == "root (key ci)"
    (listed,) = json.loads(remote("api-key", "list", "-o", "json").out)
    rotated = remote("api-key", "rotate", listed["id"], "--overlap-hours", "0").out.strip()
    api_keys.who(site.use, rotated, address="10.1.1.1")
    assert remote("api-key", "revoke", listed["id"]).code == 0
    assert json.loads(remote("api-key", "list", "-o", "json").out) == []


def test_machines_are_located_from_elsewhere_a_part_at_a_time(remote: Gough, site: Site) -> None:
    site.ready()
    assert remote("machine", "locate", "web-1", "--site", "north", "--rack", "r1", "--unit", "U12").code == 0
    assert remote("machine", "locate", "web-1", "--rack", "r2").out == "web-1: north / r2 / U12\n"
    assert remote("machine", "locate", "web-1", "--unit", "").out == "web-1: north / r2\n"
    wrong = remote("machine", "list", "--status", "happy")
    assert wrong.code == 2 and "--status: " in wrong.err
