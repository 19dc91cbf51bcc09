"""Agents: enrolling once with one key, heartbeats counted once, silence noticed and forgiven."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from gough.domain.errors import Conflict, Gone, Unauthenticated
from gough.persistence.models import Agent, AgentSample
from gough.services import agents, lifecycle
from tests.support.clock import Clock
from tests.support.site import Credentials, Site, enrolment

# What is decided here does not depend on the database; jobs, sync and crashes run on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def held(site: Site) -> Credentials:
    system_id, _ = site.deploying()
    return site.installs(system_id)


def agents_of(site: Site) -> list[Agent]:
    with site.database.read() as session:
        return list(session.scalars(select(Agent)))


def samples(site: Site) -> int:
    with site.database.read() as session:
        return session.scalar(select(func.count()).select_from(AgentSample)) or 0


def test_the_same_token_and_key_give_the_same_answer_again(site: Site, held: Credentials) -> None:
    assert site.enrols(held) == site.enrols(held)
    assert len(agents_of(site)) == 1
    assert [e.kind for e in site.timeline(site.region.system_ids()[0], "agent")] == ["enrolled"]


def test_another_key_on_the_same_token_conflicts_and_is_on_the_timeline(site: Site, held: Credentials) -> None:
    first = site.enrols(held)
    with pytest.raises(Conflict, match="bound to another key"):
        site.enrols(held, key="key of a thief")
    assert [agent.id for agent in agents_of(site)] == [first]
    assert [e.kind for e in site.timeline(site.region.system_ids()[0], "agent")] == ["enrolled", "enrolment-refused"]
    assert site.enrols(held) == first, "the rightful one still may"


def test_a_token_nobody_gave_or_for_another_purpose_enrols_nobody(site: Site, held: Credentials) -> None:
    for token in ("made up", held.report):
        with pytest.raises(Unauthenticated):
            agents.enrol(site.use, enrolment(token))
    assert agents_of(site) == []


def told(site: Site, system_id: str, *kinds: str) -> list[tuple[str, str]]:
    return [(event.kind, event.message) for event in site.timeline(system_id) if event.kind in kinds]


def test_a_copied_disk_brings_a_token_that_is_refused_and_told_on_both_machines(site: Site, held: Credentials) -> None:
    mine, other = site.region.system_ids()[0], site.ready("web-2")
    for name in (site.machine(other).id, other):
        for _ in range(3):
            with pytest.raises(Conflict, match="belongs to another machine"):
                agents.enrol(site.use, enrolment(held.enrol).model_copy(update={"server_id": name}))
    assert agents_of(site) == []
    refused = ("enrolment-refused", "web-2: came with the enrolment token of another machine, web-1")
    assert told(site, other, "enrolment-refused", "token-misused") == [refused]
    misused = ("token-misused", "web-2 tried to enrol with the token of web-1; it was refused")
    assert told(site, mine, "enrolment-refused", "token-misused") == [misused]
    for name in (site.machine(mine).id, mine):
        assert agents.enrol(site.use, enrolment(held.enrol).model_copy(update={"server_id": name})).agent_id


def test_a_machine_nobody_knows_may_not_use_a_machines_token(site: Site, held: Credentials) -> None:
    with pytest.raises(Conflict, match="belongs to another machine"):
        agents.enrol(site.use, enrolment(held.enrol).model_copy(update={"server_id": "made-up"}))
    said = [message for _, message in told(site, site.region.system_ids()[0], "token-misused")]
    assert said == ["made-up tried to enrol with the token of web-1; it was refused"]


def test_a_released_machines_token_and_key_are_gone(site: Site) -> None:
    system_id, job_id = site.deploying()
    held = site.installs(system_id)
    site.first_boot(held)
    agent_id = site.enrols(held)
    site.beats(agent_id, 1)
    site.settle()
    assert site.job(job_id).state == "done"
    lifecycle.release(site.use, system_id, by="operator")
    with pytest.raises(Gone):
        site.enrols(held)
    with pytest.raises(Gone):
        site.beats(agent_id, 2)


def test_a_new_deployment_ends_the_tokens_and_keys_of_the_one_before(site: Site) -> None:
    """Somebody released the machine in MAAS, behind Gough's back; what the old disk knew must not speak for the new."""
    system_id, agent_id = site.in_service()
    site.maas.release(system_id)
    site.powered(system_id, "off")
    site.settle()
    lifecycle.deploy(site.use, system_id, lifecycle.Plan("plain", {}), by="operator")
    site.settle()
    with pytest.raises(Gone):
        site.beats(agent_id, 2)


def test_a_heartbeat_with_a_wrong_key_is_nobodys(site: Site, held: Credentials) -> None:
    agent_id = site.enrols(held)
    for name, key in ((agent_id, "another key"), ("agt_none", "key of the agent")):
        with pytest.raises(Unauthenticated):
            site.beats(name, 1, key=key)
    assert samples(site) == 0


def test_a_rejected_key_is_told_once_in_each_of_the_machines_jobs(site: Site, held: Credentials) -> None:
    system_id = site.region.system_ids()[0]
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            site.beats(site.machine(system_id).id, 1, key="from an image")
    assert len(told(site, system_id, "key-rejected")) == 1
    site.first_boot(held)
    site.beats(site.enrols(held), 1)
    site.settle()
    lifecycle.test(site.use, system_id, by="operator")
    with pytest.raises(Unauthenticated):
        site.beats(agents_of(site)[0].id, 9, key="from an image")
    assert len(told(site, system_id, "key-rejected")) == 2


def test_a_clock_that_goes_far_off_is_told_once(site: Site, clock: Clock, held: Credentials) -> None:
    agent_id = site.enrols(held)
    for sequence, off in enumerate((0, 3 * 3600, 3 * 3600 + 5, 2), start=1):
        sent_at = clock.now + timedelta(seconds=off)
        beat = agents.Heartbeat(sequence=sequence, sent_at=sent_at)
        agents.heartbeat(site.use, agent_id, "key of the agent", beat)
    said = told(site, site.region.system_ids()[0], "clock-off")
    assert said == [("clock-off", "the machine's clock is 3 hours ahead")]


def test_a_repeated_heartbeat_is_counted_once_and_told_so(site: Site, held: Credentials) -> None:
    agent_id = site.enrols(held)
    assert [site.beats(agent_id, n).duplicate for n in (1, 1, 2)] == [False, True, False]
    assert samples(site) == 2


def test_a_late_heartbeat_is_kept_but_does_not_turn_the_clock_back(site: Site, held: Credentials) -> None:
    agent_id = site.enrols(held)
    site.beats(agent_id, 7)
    site.beats(agent_id, 3)
    assert (agents_of(site)[0].last_sequence, samples(site)) == (7, 2)


def test_an_agents_clock_is_compared_with_ours(site: Site, clock: Clock, held: Credentials) -> None:
    agent_id = site.enrols(held)
    sent_at = clock.now
    clock.forward(seconds=12)
    agents.heartbeat(site.use, agent_id, "key of the agent", agents.Heartbeat(sequence=1, sent_at=sent_at))
    assert agents_of(site)[0].clock_skew_seconds == -12


def test_a_silent_agent_needs_attention_until_it_reports_again(site: Site, clock: Clock) -> None:
    system_id, agent_id = site.in_service()
    reason = site.machine(system_id).reason
    clock.forward(seconds=3 * 60)
    agents.watch(site.use)
    assert site.machine(system_id).service == "in_service", "one or two lost heartbeats are no news"
    clock.forward(seconds=20)
    agents.watch(site.use)
    agents.watch(site.use)
    found = site.machine(system_id)
    assert found.service == "attention" and found.reason.startswith("agent silent since 12:00") and found.next_action
    site.beats(agent_id, 2)
    found = site.machine(system_id)
    assert (found.service, found.reason, found.next_action) == ("in_service", reason, "")
    kinds = [e.kind for e in site.timeline(system_id, "agent")]
    assert kinds == ["enrolled", "online", "offline", "online"]


@pytest.mark.parametrize("silent_meanwhile", [False, True])
def test_a_machine_tested_in_service_is_so_again_when_its_agent_reports(
    site: Site, clock: Clock, silent_meanwhile: bool
) -> None:
    system_id, agent_id = site.in_service()
    reason = site.machine(system_id).reason
    job = lifecycle.test(site.use, system_id, by="operator")
    site.settle()
    assert site.machine(system_id).service == "in_progress"
    if silent_meanwhile:
        clock.forward(seconds=600)
        agents.watch(site.use)
    for name in site.region.pending_scripts(system_id):
        site.region.report_script(system_id, name, 0)
    site.settle()
    assert site.job(job.id).state == "done"
    if silent_meanwhile:
        found = site.machine(system_id)
        assert (found.service, found.reason) == ("attention", "agent silent since the test") and found.next_action
        site.beats(agent_id, 2)
    found = site.machine(system_id)
    assert (found.service, found.reason, found.next_action) == ("in_service", reason, "")


def test_an_agent_that_speaks_does_not_hide_what_else_needs_attention(site: Site, clock: Clock) -> None:
    system_id, agent_id = site.in_service()
    clock.forward(minutes=5)
    agents.watch(site.use)
    site.maas.release(system_id)
    site.powered(system_id, "off")
    site.settle()
    site.beats(agent_id, 2)
    assert site.machine(system_id).service == "attention"
