"""People, Terraform and other Goughs act on the same MAAS: recognised, named, never overwritten; and adoption."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gough.domain.errors import Conflict, Gone, Unauthenticated
from gough.domain.machine_status import MachineStatus as Status
from gough.persistence import schema
from gough.persistence.database import Database
from gough.services import adoption, agents, jobs, lifecycle, regions, templates
from gough.services.context import Use
from tests.support.clock import Clock
from tests.support.site import MAAS_URL, Site, enrolment


@pytest.fixture
def alice(site: Site) -> str:
    """The API key of another user of the same MAAS."""
    return site.region.add_user("alice", admin=True)


@pytest.fixture
def other_gough(site: Site, clock: Clock, tmp_path: Path) -> Iterator[Use]:
    """Another installation, with a database of its own, on the same region and with the same key."""
    database = Database(f"sqlite:///{tmp_path / 'other.db'}", clock=clock)
    schema.upgrade(database)
    use = site.made_with(database)
    templates.import_library(use, tmp_path / "library", by="test")
    regions.add(use, "lab", MAAS_URL, site.region.api_key)
    yield use
    database.close()


def deployed_by(site: Site, key: str, hostname: str = "web-1") -> str:
    """A machine that somebody deploys in MAAS without Gough."""
    system_id, maas = site.ready(hostname), site.maas_of(key)
    maas.allocate(system_id, agent_name="")
    maas.deploy(system_id, series="ubuntu/noble", user_data=b"#cloud-config\n")
    site.boots_installed(system_id)
    site.settle()
    return system_id


def test_what_somebody_deploys_is_theirs_and_shown_as_such(site: Site, alice: str) -> None:
    system_id = deployed_by(site, alice)
    found = site.machine(system_id)
    assert (found.service, found.reason) == ("out", "In use: deployed by alice outside Gough")
    assert "gough machine adopt web-1" in found.next_action
    assert "alice" in {e.actor for e in site.timeline(system_id, "maas")}
    for ask in (lifecycle.release, lifecycle.test):
        with pytest.raises(Conflict, match="belongs to alice"):
            ask(site.use, system_id, by="operator")
    site.maas_of(alice).release(system_id)
    site.until(system_id, Status.READY)
    site.poll()
    assert (site.machine(system_id).reason, site.machine(system_id).next_action) == ("", "")


def test_a_release_by_hand_names_the_person_who_did_it(site: Site, alice: str) -> None:
    system_id, _ = site.in_service()
    site.maas_of(alice).release(system_id)
    site.until(system_id, Status.READY)
    site.settle()
    found = site.machine(system_id)
    assert found.service == "attention" and "alice released it in MAAS" in found.reason


def test_a_release_that_gough_was_asked_for_spares_whoever_took_the_machine_meanwhile(site: Site, alice: str) -> None:
    system_id, _ = site.in_service()
    job = lifecycle.release(site.use, system_id, by="operator")
    site.maas_of(alice).release(system_id)
    site.until(system_id, Status.READY)
    site.maas_of(alice).allocate(system_id, agent_name="")
    site.maas_of(alice).deploy(system_id, series="ubuntu/noble", user_data=b"#cloud-config\n")
    site.settle()
    assert site.region.status(system_id) is Status.DEPLOYING
    assert site.job(job.id).state == "failed"
    assert site.diagnosis(job.id)["cause"] == "taken-over" and "alice" in str(site.diagnosis(job.id)["evidence"])


def test_a_machine_of_another_gough_is_recognised_and_left_alone(site: Site, other_gough: Use) -> None:
    system_id = site.ready()
    site.poll(other_gough)
    lifecycle.deploy(other_gough, system_id, lifecycle.Plan("plain"), by="them")
    site.work(other_gough)
    site.settle()
    found = site.machine(system_id)
    assert "another Gough deploys it (dep_" in found.reason
    with pytest.raises(Conflict, match="cannot be deployed now"):
        lifecycle.deploy(site.use, system_id, lifecycle.Plan("plain"), by="us")
    site.boots_installed(system_id)
    site.settle()
    for ask in (adoption.adopt, lifecycle.release):
        with pytest.raises(Conflict, match="another Gough"):
            ask(site.use, system_id, by="us")


def test_of_two_goughs_that_want_a_machine_one_gets_it_and_the_other_says_who(site: Site, other_gough: Use) -> None:
    system_id = site.ready()
    site.poll(other_gough)
    theirs = lifecycle.deploy(other_gough, system_id, lifecycle.Plan("plain"), by="them")
    ours = lifecycle.deploy(site.use, system_id, lifecycle.Plan("plain"), by="us")
    site.work(other_gough)
    site.work()
    with other_gough.database.read() as session:
        assert jobs.find(session, theirs.id).state == "running"
    assert site.job(ours.id).state == "failed" and site.diagnosis(ours.id)["cause"] == "maas-refused"
    assert site.region.calls["deploy", system_id] == 1


def test_an_installed_machine_is_adopted_without_a_reinstall(site: Site, alice: str) -> None:
    system_id = deployed_by(site, alice)
    deploys = site.region.calls["deploy", system_id]
    made = adoption.adopt(site.use, "web-1", by="operator")
    token = made.command.partition("Bearer ")[2].partition("'")[0]
    assert f"ENROLMENT_TOKEN={token}" in made.script and adoption.script_for(site.use, token) == made.script
    site.settle()
    assert site.steps(made.job.id)["enrol"] == "running"
    assert site.region.snapshot(system_id).owner_data["gough-deployment"].startswith("dep_")
    agent_id = agents.enrol(site.use, enrolment(token)).agent_id
    site.beats(agent_id, 1)
    site.settle()
    assert site.machine(system_id).service == "in_service"
    assert site.job(made.job.id).state == "done"
    assert site.region.calls["deploy", system_id] == deploys
    lifecycle.release(site.use, system_id, by="operator")  # it is ours now
    site.settle()
    site.until(system_id, Status.READY)


def test_asking_again_gives_a_fresh_command_and_ends_the_one_before(site: Site, alice: str) -> None:
    system_id = deployed_by(site, alice)
    first = adoption.adopt(site.use, system_id, by="operator")
    site.settle()
    second = adoption.adopt(site.use, system_id, by="operator")
    tokens = [made.command.partition("Bearer ")[2].partition("'")[0] for made in (first, second)]
    with pytest.raises(Gone):
        adoption.script_for(site.use, tokens[0])
    with pytest.raises(Gone):
        agents.enrol(site.use, enrolment(tokens[0]))
    assert site.job(first.job.id).state == "cancelled"
    assert agents.enrol(site.use, enrolment(tokens[1])).agent_id
    with pytest.raises(Unauthenticated):
        adoption.script_for(site.use, hashlib.sha256(b"x").hexdigest())


def test_a_cancelled_adoptions_command_enrols_nothing(site: Site, alice: str) -> None:
    made = adoption.adopt(site.use, deployed_by(site, alice), by="operator")
    token = made.command.partition("Bearer ")[2].partition("'")[0]
    site.settle()
    jobs.cancel(site.use, made.job.id, by="operator")
    site.settle()
    with pytest.raises(Gone):
        agents.enrol(site.use, enrolment(token))


def test_only_an_installed_machine_can_be_adopted(site: Site) -> None:
    with pytest.raises(Conflict, match="no system on it"):
        adoption.adopt(site.use, site.ready("bare"), by="operator")
    in_service, _ = site.in_service("served")
    with pytest.raises(Conflict, match="in service already"):
        adoption.adopt(site.use, in_service, by="operator")


def test_a_deployments_own_token_opens_no_adoption(site: Site) -> None:
    system_id, _ = site.deploying()
    held = site.installs(system_id)
    with pytest.raises(Unauthenticated):
        adoption.script_for(site.use, held.enrol)


def test_a_machine_in_service_stays_so_when_somebody_only_locks_or_renames_it(site: Site, alice: str) -> None:
    system_id, _ = site.in_service()
    site.maas_of(alice).lock(system_id)
    site.settle()
    assert site.machine(system_id).locked and site.machine(system_id).service == "in_service"
    assert any(e.actor == "alice" and e.kind == "User locking node" for e in site.timeline(system_id, "maas"))
    with pytest.raises(Conflict, match="locked"):
        lifecycle.release(site.use, system_id, by="operator")


def test_the_reason_follows_what_others_go_on_to_do(site: Site, alice: str) -> None:
    system_id, _ = site.in_service()
    site.maas_of(alice).release(system_id)
    site.until(system_id, Status.READY)
    site.settle()
    assert "Ready: alice released it" in site.machine(system_id).reason
    site.maas_of(alice).allocate(system_id, agent_name="")
    site.settle()
    assert site.machine(system_id).reason == "MAAS shows it as Allocated."
