"""Following a Fleet server: hosts, verdicts, who is which machine; and not asking for more than changed."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from gough.domain.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from gough.domain.fleet_hosts import PolicyDraft
from gough.lab.fleet import Answer
from gough.persistence.database import Database
from gough.persistence.models import FleetHost, FleetServer, Machine, Policy, PolicyResult, Region
from gough.services.fleet_hosts import pack, poll_all, servers
from gough.services.turns import turn
from tests.support.clock import Clock
from tests.support.fleet_site import URL, FleetSite

NO_SHELL = "SELECT 1 FROM deb_packages WHERE name = 'no-such-shell'"


@pytest.fixture
def site(database: Database, clock: Clock, tmp_path: Path) -> Iterator[FleetSite]:
    made = FleetSite(database, clock, tmp_path)
    yield made
    made.close()


def host(site: FleetSite, hostname: str) -> FleetHost:
    with site.database.read() as session:
        return session.scalars(select(FleetHost).where(FleetHost.hostname == hostname)).one()


def server(site: FleetSite) -> FleetServer:
    with site.database.read() as session:
        return servers.find(session, "main")


def verdicts(site: FleetSite, hostname: str) -> dict[str, tuple[str, datetime]]:
    with site.database.read() as session:
        query = select(Policy.name, PolicyResult.verdict, PolicyResult.since).join(
            PolicyResult, PolicyResult.policy_id == Policy.id
        )
        found = query.join(FleetHost, FleetHost.id == PolicyResult.host_id).where(FleetHost.hostname == hostname)
        return {name: (verdict, since) for name, verdict, since in session.execute(found)}


def machine(site: FleetSite, hostname: str, *, uuid: str = "", serial: str = "") -> str:
    with site.database.write() as session:
        now = site.clock.now
        region = session.scalars(select(Region)).first()
        if region is None:
            region = Region(name="lab", url="http://maas", api_key_sealed="x", created_at=now)
            session.add(region)
            session.flush()
        made = Machine(
            region_id=region.id, system_id=uuid4().hex[:6], hostname=hostname, status=6, hardware_uuid=uuid,
            serial=serial, status_since=now, service_since=now, first_seen_at=now, observed_at=now,
        )  # fmt: skip
        session.add(made)
        session.flush()
        return made.id


def test_hosts_and_verdicts_are_kept_with_the_moment_they_changed(site: FleetSite) -> None:
    site.client.create_policy(PolicyDraft("shell", NO_SHELL))
    site.enrolled("web-1")
    site.look()
    noon = site.clock.now
    found = host(site, "web-1")
    assert (found.status, found.platform, found.failing, found.serial) == ("online", "ubuntu", 1, "SN-web-1")
    assert verdicts(site, "web-1") == {"shell": ("fail", noon)}
    site.clock.forward(minutes=61)
    site.tables["web-1"].set("deb_packages", [{"name": "no-such-shell", "version": "1"}])
    site.daemons["web-1"].step()
    site.look()
    assert verdicts(site, "web-1") == {"shell": ("pass", site.clock.now)}
    site.clock.forward(minutes=61)
    site.daemons["web-1"].step()
    site.look()
    assert verdicts(site, "web-1")["shell"][1] < site.clock.now  # it passes since then, not since the last look


def test_between_full_looks_only_what_changed_is_asked_for(site: FleetSite) -> None:
    for number in range(3):
        site.enrolled(f"web-{number}")
    site.look()
    site.asked.clear()
    site.client.create_policy(PolicyDraft("shell", NO_SHELL))
    site.clock.forward(seconds=120)
    site.daemons["web-1"].step()
    site.enrolled("new-1")
    site.look()
    assert not [path for path in site.asked if "order_key=id" in path and "status=offline" not in path]
    assert verdicts(site, "web-1")["shell"][0] == verdicts(site, "new-1")["shell"][0] == "fail"
    assert "fail" not in [verdict for verdict, _ in verdicts(site, "web-0").values()]  # it has not been asked
    assert host(site, "web-0").status == "offline"  # it was not heard for two minutes
    assert host(site, "web-1").status == "online"
    site.daemons["web-0"].step()
    site.daemons["web-2"].refresh()  # it is heard, and nothing is evaluated
    site.look()
    assert host(site, "web-0").status == host(site, "web-2").status == "online"


def test_what_is_gone_in_fleet_is_gone_here_after_a_full_look(site: FleetSite) -> None:
    made = site.client.create_policy(PolicyDraft("shell", NO_SHELL))
    site.enrolled("web-1")
    site.enrolled("web-2")
    site.look()
    site.client.delete_host(host(site, "web-2").host_id)
    site.client.delete_policies([made.id])
    site.clock.forward(seconds=site.use.settings.fleet_full_seconds)
    site.look()
    with site.database.read() as session:
        assert [each.hostname for each in session.scalars(select(FleetHost))] == ["web-1"]
        assert session.scalars(select(Policy)).first() is None
        assert session.scalars(select(PolicyResult)).first() is None


def test_a_host_is_the_machine_with_its_uuid_then_serial_then_name(site: FleetSite) -> None:
    uuid = str(uuid4())
    by_uuid = machine(site, "other-name", uuid=uuid.upper())
    by_serial = machine(site, "another-name", serial="SN-web-2")
    by_name = machine(site, "web-3")
    site.enrolled("web-1", uuid=uuid)
    for hostname in ("web-2", "web-3", "web-4"):
        site.enrolled(hostname)
    site.look()
    bound = {name: (host(site, name).binding, host(site, name).machine_id) for name in site.daemons}
    assert bound == {
        "web-1": ("uuid", by_uuid), "web-2": ("serial", by_serial), "web-3": ("hostname", by_name),
        "web-4": ("none", None),
    }  # fmt: skip


def test_a_doubt_is_a_conflict_that_says_why_and_ends_with_its_cause(site: FleetSite) -> None:
    machine(site, "web-1", serial="SN-of-other-hardware")
    site.enrolled("web-1")
    site.look()
    found = host(site, "web-1")
    assert (found.binding, found.machine_id) == ("conflict", None)
    assert "web-1" in found.binding_reason and "serial number" in found.binding_reason
    with site.database.write() as session:
        session.execute(update(Machine).values(serial="SN-web-1"))
    site.clock.forward(seconds=site.use.settings.fleet_full_seconds)
    site.look()
    assert (host(site, "web-1").binding, host(site, "web-1").binding_reason) == ("serial", "")


def test_a_server_in_trouble_says_so_and_recovers(site: FleetSite) -> None:
    site.enrolled("web-1")
    site.fleet.intercept = lambda method, path: Answer(503, "text/html", b"<h1>starting</h1>")
    site.look()
    assert server(site).health == "down"
    assert "starting" in server(site).health_reason
    site.fleet.intercept = None
    site.look()
    assert (server(site).health, server(site).health_reason) == ("ok", "")
    assert host(site, "web-1").status == "online"
    site.fleet.revoke(site.token)
    site.look()
    assert server(site).health == "refused"
    assert "token" in server(site).health_reason


def test_a_pack_is_imported_once_and_says_which_policies_are_critical(site: FleetSite) -> None:
    theirs = site.client.create_policy(PolicyDraft("somebody else's", NO_SHELL))
    first = pack.import_pack(site.use, "main")
    assert {each.outcome for each in first} == {"created"}
    assert {each.outcome for each in pack.import_pack(site.use, "main")} == {"unchanged"}
    ours = next(policy for policy in site.client.policies() if policy.name == first[0].name)
    site.client.update_policy(ours.id, PolicyDraft(ours.name, "SELECT 1", platform="linux"))
    assert [each.name for each in pack.import_pack(site.use, "main") if each.outcome == "changed"] == [ours.name]
    site.look()
    with site.database.read() as session:
        kept = {policy.name: policy for policy in session.scalars(select(Policy))}
    assert {name: policy.critical for name, policy in kept.items() if policy.pack} == {
        each.name: each.critical for each in first
    }
    assert (kept[theirs.name].critical, kept[theirs.name].pack) == (False, "")


def test_of_two_processes_one_asks(site: FleetSite) -> None:
    with turn(site.use, server(site).id, of=FleetServer) as ours:
        assert ours is not None
        site.asked.clear()
        poll_all(site.made_with({}))
        assert site.asked == []
    site.look()
    assert site.asked


def test_a_server_is_added_after_it_answered(site: FleetSite) -> None:
    assert server(site).username == "admin@fleet.example"
    assert (server(site).url, server(site).url_prefix) == ("http://fleet.example", "/fleet")
    assert site.token not in server(site).token_sealed
    with pytest.raises(Refused):
        servers.add(site.use, "wrong", URL, "not-a-token")
    with pytest.raises(Conflict):
        servers.add(site.use, "main", URL, site.token)
    with pytest.raises(Invalid):
        servers.add(site.use, "bad", "ftp://fleet.example", site.token)
    site.fleet.intercept = lambda method, path: Answer(502, "text/plain", b"")
    with pytest.raises(Unavailable):
        servers.add(site.use, "down", URL, site.token)
    with pytest.raises(Unavailable):
        servers.test(site.use, "main")
    assert server(site).health == "down"
    assert servers.add(site.use, "later", URL, site.token, must_answer=False).health == "down"
    servers.remove(site.use, "later")
    with site.database.read() as session, pytest.raises(NotFound):
        servers.find(session, "later")
