"""Stage security, and what Fleet says of a machine afterwards: over the real client, the emulated Fleet and osquery."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from gough.adapters.fleet import FleetClient
from gough.cloud_init.mime import take_apart
from gough.domain.errors import Gone, NotFound, Unauthenticated, Unavailable
from gough.domain.fleet_hosts import PolicyDraft
from gough.domain.machine_status import MachineStatus
from gough.lab.fleet import Answer, Fleet
from gough.lab.fleet.endpoints import application
from gough.lab.osquery import Machine, Osquery, Tables, kept, read_flags
from gough.lab.osquery.kept import BAD, GOOD, NUMBERS
from gough.persistence.database import Database
from gough.persistence.models import Agent, Policy
from gough.ports import SecurityServer
from gough.services import agents, lifecycle
from gough.services.fleet_hosts import enrolling, poll_all, servers
from gough.services.fleet_hosts.telling import tell_all
from tests.contract.harness import HARDWARE
from tests.support.clock import Clock
from tests.support.site import Credentials, Site

URL, SECRET = "http://fleet.example/fleet", "an-enroll-secret-0123456789"
ONE_ROOT = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM users WHERE uid = 0 AND username != 'root')"
KEY = "key of the agent"
MACHINE = Machine(str(HARDWARE.hardware_uuid), "web-1", str(HARDWARE.serial))


class Secured:
    """A site whose Gough knows a Fleet with one critical policy. Nothing moves by itself."""

    def __init__(self, database: Database, clock: Clock, folder: Path) -> None:
        self.fleet = Fleet(prefix="/fleet", clock=clock.seconds, interval=60)
        self.token = self.fleet.set_up()
        self.fleet.add_secret(SECRET)
        self.site = Site(database, clock, connect_security=self._connect)
        self.site.prepare(folder)
        self.use, self.clock, self.folder = self.site.use, clock, folder
        servers.add(self.use, "main", URL, self.token)
        self._connect(URL, self.token, "").create_policy(PolicyDraft("one root", ONE_ROOT))
        self.look()
        with database.write() as session:
            session.query(Policy).update({"critical": True})
        self.daemons: dict[str, Osquery] = {}

    def _connect(self, url: str, token: str, ca: str) -> SecurityServer:
        transport = httpx.WSGITransport(app=application(self.fleet))
        return FleetClient(url, token, ca=ca, transport=transport, sleep=lambda _: None)

    def look(self) -> None:
        """Gough looks at Fleet; what that wakes does its work."""
        poll_all(self.use)
        self.site.settle()

    def booted(self) -> tuple[str, str, bytes]:
        """(system_id, agent id, user-data) of a deployed machine in stage security."""
        system_id, job = self.site.deploying()
        user_data = self.site.boots_installed(system_id)
        held = Credentials.of(user_data)
        self.site.first_boot(held)
        agent_id = self.site.enrols(held)
        self.site.beats(agent_id, 1)
        self.site.settle()
        assert self.site.steps(job)["security"] == "running"
        self.job = job
        return system_id, agent_id, user_data

    def osquery(self, user_data: bytes, secret: str, tables: Tables) -> Osquery:
        """osqueryd as the user-data's flag file sets it up."""
        text = "\n".join(part.content for part in take_apart(user_data))
        flags = re.search(r"^FLAGS='([^']+)'", text, re.MULTILINE)
        assert flags
        (self.folder / "enroll_secret").write_text(secret)
        here = flags[1].replace("/etc/osquery/enroll_secret", str(self.folder / "enroll_secret"))
        lines = [line for line in here.splitlines() if "server_certs" not in line]
        transport = httpx.WSGITransport(app=application(self.fleet))
        return Osquery(read_flags("\n".join(lines)), tables, scheme="http", transport=transport)

    def enrolled(self, *, neglected: tuple[str, ...] = ()) -> tuple[str, str, Osquery, Tables]:
        system_id, agent_id, user_data = self.booted()
        tables = kept(MACHINE, neglected)
        daemon = self.osquery(user_data, enrolling.secret_for(self.use, agent_id, KEY).secret, tables)
        daemon.step()
        self.look()
        return system_id, agent_id, daemon, tables

    def asks_again(self, daemon: Osquery, agent_id: str, sequence: int) -> None:
        """An hour of Fleet's passes, which the agent reports through."""
        self.clock.forward(seconds=61)
        self.site.beats(agent_id, sequence)
        daemon.step()
        self.look()


@pytest.fixture
def secured(database: Database, clock: Clock, tmp_path: Path) -> Iterator[Secured]:
    made = Secured(database, clock, tmp_path)
    yield made
    made.use.close()
    made.site.close()


def told(secured: Secured, system_id: str) -> list[str]:
    return [event.kind for event in secured.site.timeline(system_id, "fleet")]


def test_a_machine_joins_fleet_with_a_secret_that_is_in_no_user_data(secured: Secured) -> None:
    system_id, agent_id, user_data = secured.booted()
    assert SECRET not in str([part.content for part in take_apart(user_data)])
    given = enrolling.secret_for(secured.use, agent_id, KEY)
    assert (given.server, given.secret) == ("main", SECRET) and SECRET not in repr(given)
    secured.look()
    assert secured.site.steps(secured.job)["security"] == "running", "no host yet"
    tables = kept(MACHINE)
    secured.osquery(user_data, given.secret, tables).step()
    secured.look()
    machine = secured.site.machine(system_id)
    assert (machine.service, machine.reason) == ("in_service", "waived: configure (not configured)")
    assert told(secured, system_id) == ["secret-given", "enrolled"]


def test_who_may_not_have_the_secret(secured: Secured, database: Database) -> None:
    _, agent_id, _ = secured.booted()
    with pytest.raises(Unauthenticated):
        enrolling.secret_for(secured.use, agent_id, "another key")
    with pytest.raises(Unauthenticated):
        enrolling.secret_for(secured.use, "agt_nobody", KEY)
    secured.fleet.intercept = lambda method, path: Answer(503, "{}")
    with pytest.raises(Unavailable):
        enrolling.secret_for(secured.use, agent_id, KEY)
    secured.fleet.intercept = None
    servers.remove(secured.use, "main")
    with pytest.raises(NotFound):
        enrolling.secret_for(secured.use, agent_id, KEY)
    with database.write() as session:
        found = session.get_one(Agent, agent_id)
        agents.revoke(session, found.machine_id, now=secured.clock.now)
    with pytest.raises(Gone):
        enrolling.secret_for(secured.use, agent_id, KEY)


def test_a_failing_critical_policy_keeps_it_out_until_it_passes(secured: Secured) -> None:
    system_id, agent_id, daemon, tables = secured.enrolled(neglected=("users",))
    assert secured.site.steps(secured.job)["security"] == "running"
    secured.clock.forward(minutes=11)
    secured.site.beats(agent_id, 2)
    secured.site.settle()
    found = secured.site.diagnosis(secured.job)
    assert (found["stage"], found["cause"]) == ("security", "critical-policy-fails")
    assert any("policy-fails: one root" in line for line in found["evidence"])
    tables.set("users", GOOD["users"], numbers=NUMBERS["users"])
    secured.asks_again(daemon, agent_id, 3)
    assert secured.site.machine(system_id).service == "in_service"
    assert told(secured, system_id) == ["secret-given", "enrolled", "policy-fails", "policy-passes"]


def test_it_falls_out_of_service_with_a_reason_and_comes_back_when_nothing_is_missing(secured: Secured) -> None:
    system_id, agent_id, daemon, tables = secured.enrolled()
    tables.set("users", BAD["users"], numbers=NUMBERS["users"])
    secured.asks_again(daemon, agent_id, 2)
    machine = secured.site.machine(system_id)
    assert (machine.service, machine.reason) == ("attention", "critical policies fail: one root")
    assert machine.next_action and machine.service_since == secured.clock.now
    since = machine.service_since

    secured.clock.forward(seconds=secured.use.settings.agent_interval_seconds * 10)
    agents.watch(secured.use)  # the agent falls silent meanwhile, and comes back
    secured.site.beats(agent_id, 3)
    machine = secured.site.machine(system_id)
    assert (machine.reason, machine.service_since) == ("critical policies fail: one root", since)

    tables.set("users", GOOD["users"], numbers=NUMBERS["users"])
    secured.asks_again(daemon, agent_id, 4)
    assert secured.site.machine(system_id).service == "in_service"
    kinds = [event.kind for event in secured.site.timeline(system_id, "gough")]
    assert [kind for kind in kinds if "service" in kind] == ["in-service", "out-of-service", "in-service"]


def test_a_machine_whose_agent_comes_back_is_held_by_what_fleet_says(secured: Secured) -> None:
    system_id, agent_id, daemon, tables = secured.enrolled()
    secured.clock.forward(seconds=secured.use.settings.agent_interval_seconds * 10)
    agents.watch(secured.use)
    assert secured.site.machine(system_id).reason.startswith("agent silent")
    tables.set("users", BAD["users"], numbers=NUMBERS["users"])
    daemon.step()
    secured.look()
    assert secured.site.machine(system_id).reason.startswith("agent silent")
    secured.site.beats(agent_id, 2)
    assert secured.site.machine(system_id).reason == "critical policies fail: one root"


def test_offline_and_deleted_hosts_take_it_out_of_service(secured: Secured) -> None:
    system_id, agent_id, daemon, _ = secured.enrolled()
    secured.clock.forward(seconds=100)
    secured.site.beats(agent_id, 2)
    secured.look()
    assert secured.site.machine(system_id).reason == "osquery is offline in Fleet"
    daemon.step()
    secured.look()
    assert secured.site.machine(system_id).service == "in_service"
    host = next(iter(secured.fleet.core.hosts.values()))
    del secured.fleet.core.hosts[host.id]
    secured.clock.forward(seconds=secured.use.settings.fleet_full_seconds)
    secured.site.beats(agent_id, 3)
    secured.look()
    assert secured.site.machine(system_id).reason == "osquery is not enrolled in Fleet"
    assert told(secured, system_id)[-3:] == ["offline", "online", "host-gone"]


def test_a_reinstalled_machine_has_to_enrol_anew(secured: Secured) -> None:
    system_id, *_ = secured.enrolled()
    secured.clock.forward(minutes=5)
    lifecycle.release(secured.use, system_id, by="operator")
    secured.site.settle()
    secured.site.until(system_id, MachineStatus.READY)
    secured.site.settle()
    secured.site.powered(system_id, "off")
    job = lifecycle.deploy(secured.use, system_id, lifecycle.Plan("plain", {}), by="operator").id
    secured.site.settle()
    held = secured.site.installs(system_id)
    secured.site.first_boot(held)
    secured.site.beats(secured.site.enrols(held, "its new key"), 1, "its new key")
    secured.look()
    assert secured.site.steps(job)["security"] == "running", "the host that Fleet has is the system before"


def test_while_fleet_is_down_the_reason_is_known_and_a_late_success_heals(secured: Secured) -> None:
    system_id, agent_id, user_data = secured.booted()
    secured.fleet.intercept = lambda method, path: Answer(503, "{}")
    secured.look()
    secured.look()
    secured.clock.forward(minutes=11)
    secured.site.beats(agent_id, 2)
    secured.site.settle()
    assert secured.site.diagnosis(secured.job)["cause"] == "fleet-down"
    assert told(secured, system_id) == ["server-down"], "once, however often it was asked"
    secured.fleet.intercept = None
    tables = kept(MACHINE)
    secured.osquery(user_data, enrolling.secret_for(secured.use, agent_id, KEY).secret, tables).step()
    secured.look()
    assert secured.site.machine(system_id).service == "in_service"


def test_a_process_that_dies_before_telling_loses_nothing_and_tells_nothing_twice(
    secured: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(BaseException):
        pass

    def die(_: object) -> None:
        raise Died

    system_id, agent_id, user_data = secured.booted()
    tables = kept(MACHINE, ("users",))
    secured.osquery(user_data, enrolling.secret_for(secured.use, agent_id, KEY).secret, tables).step()
    with monkeypatch.context() as dying:
        dying.setattr("gough.services.fleet_hosts.polling.tell_all", die)
        with pytest.raises(Died):
            poll_all(secured.use)
    assert told(secured, system_id) == ["secret-given"]
    tell_all(secured.use)
    tell_all(secured.use)
    assert told(secured, system_id) == ["secret-given", "enrolled", "policy-fails"]


def test_a_server_that_gough_forgets_holds_nobody_any_longer(secured: Secured) -> None:
    system_id, agent_id, daemon, tables = secured.enrolled()
    tables.set("users", BAD["users"], numbers=NUMBERS["users"])
    secured.asks_again(daemon, agent_id, 2)
    assert secured.site.machine(system_id).service == "attention"
    servers.remove(secured.use, "main")
    assert secured.site.machine(system_id).service == "in_service"


def test_a_deployment_does_not_wait_for_a_server_that_gough_forgot(secured: Secured) -> None:
    secured.booted()
    servers.remove(secured.use, "main")
    secured.site.settle()
    assert secured.site.steps(secured.job)["security"] == "skipped"
