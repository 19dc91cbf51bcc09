"""Heartbeats in groups: each recorded once whatever comes together, and what makes something happen still does."""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import select

from gough.domain.errors import Conflict, Gone, Invalid, Unauthenticated, Unavailable
from gough.domain.timeline import Source, TimelineEvent
from gough.persistence.group_commit import Full, GroupCommit
from gough.persistence.models import Agent, AgentSample
from gough.services import agents, allowance, commands, replays, timeline
from gough.services.heartbeats import LARGEST, Heartbeat, unpack
from gough.services.replays import Heartbeats
from gough.services.secrets import hash_secret
from tests.support.clock import Clock
from tests.support.site import Site

KEY = "key of the agent"


@pytest.fixture
def online(site: Site) -> str:
    """An agent's id."""
    return site.in_service()[1]


def numbers(site: Site) -> list[int]:
    with site.database.read() as session:
        return list(session.scalars(select(AgentSample.sequence).order_by(AgentSample.sequence)))


def agent(site: Site) -> Agent:
    with site.database.read() as session:
        return session.scalars(select(Agent)).one()


def message(site: Site, sequence: int, **more: Any) -> dict[str, Any]:
    return {"sequence": sequence, "sent_at": site.clock.now.isoformat(), "samples": {}, **more}


def replayed(site: Site, agent_id: str, *messages: dict[str, Any]) -> list[dict[str, Any]]:
    return replays.take(site.use, agent_id, KEY, Heartbeats(heartbeats=list(messages)))[1]


def test_heartbeats_of_many_threads_are_recorded_once_each(site: Site, online: str) -> None:
    twice = [number for number in range(2, 42) for _ in range(2)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda number: site.beats(online, number, load={"load_1m": 0.5}), twice))
    assert numbers(site) == list(range(1, 42))
    assert sum(answer.duplicate for answer in answers) == 40
    found = agent(site)
    assert (found.last_sequence, found.state, found.conditions) == (41, "online", {})
    with site.database.read() as session:
        assert agents.last_heartbeat(session, found)["samples"] == {"load": {"load_1m": 0.5}}


def test_one_that_is_refused_does_not_hold_up_its_group(site: Site, online: str) -> None:
    known, refused = "accepted", "refused"

    def send(number: int) -> str:
        try:
            site.beats(online, number, key="a stranger's" if number % 5 == 0 else KEY)
        except Unauthenticated:
            return refused
        return known

    with ThreadPoolExecutor(16) as pool:
        said = list(pool.map(send, range(2, 42)))
    assert said == [refused if number % 5 == 0 else known for number in range(2, 42)]
    assert numbers(site) == [1, *(number for number in range(2, 42) if number % 5)]


def test_a_released_machines_agent_is_refused_from_the_very_next_heartbeat(site: Site, online: str) -> None:
    site.beats(online, 2)
    with site.database.write() as session:
        agents.revoke(session, agent(site).machine_id, now=site.clock.now)
    with pytest.raises(Gone):
        site.beats(online, 3)
    assert numbers(site) == [1, 2]


def test_a_group_that_is_not_committed_is_nobodys(site: Site, online: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise Unavailable("database", "the disk is full")

    monkeypatch.setattr("gough.services.heartbeats.save", lost)
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(site.beats, online, number) for number in range(2, 6)]
        assert all(isinstance(one.exception(), Unavailable) for one in sent)
    monkeypatch.undo()
    assert numbers(site) == [1]
    assert [site.beats(online, number).duplicate for number in range(2, 6)] == [False] * 4


def test_what_was_kept_comes_late_in_batches_and_is_recorded_once(site: Site, clock: Clock, online: str) -> None:
    clock.forward(minutes=24 * 60)
    kept = [message(site, number) for number in range(2, 34)]
    site.beats(online, 100)
    first = replayed(site, online, *kept)
    assert first == [{"sequence": number, "duplicate": False} for number in range(2, 34)]
    assert replayed(site, online, *kept[:2]) == [{"sequence": n, "duplicate": True} for n in (2, 3)]
    assert numbers(site) == [*range(1, 34), 100]
    assert agent(site).last_sequence == 100


def test_one_wrong_heartbeat_of_a_batch_is_refused_alone(site: Site, online: str) -> None:
    wrong = message(site, 3) | {"sent_at": "yesterday"}
    told = replayed(site, online, message(site, 2), wrong, message(site, 4))
    assert [(one["sequence"], "refused" in one) for one in told] == [(2, False), (4, False), (3, True)]
    assert numbers(site) == [1, 2, 4]


def test_old_heartbeats_say_nothing_of_the_clock(site: Site, clock: Clock, online: str) -> None:
    old = message(site, 2)
    clock.forward(minutes=300)
    replayed(site, online, old)
    assert agent(site).conditions == {}


def test_what_a_collector_fails_with_is_told_once_and_when_it_is_over(site: Site, online: str) -> None:
    fails = {"disk": {"seconds": 1, "error": "OSError: Input/output error"}}
    for number, collectors in enumerate((fails, fails, {}, {}), start=2):
        beat = Heartbeat.model_validate(message(site, number, collectors=collectors))
        agents.heartbeat(site.use, online, KEY, beat)
    system_id = site.region.system_ids()[0]
    told = [(e.kind, e.message) for e in site.timeline(system_id) if e.kind in ("degraded", "recovered")]
    reason = "the collector disk fails: OSError: Input/output error"
    assert told == [("degraded", reason), ("recovered", f"no more: {reason}")]
    assert site.machine(system_id).service == "in_service"


def clone_by_boots(site: Site, online: str) -> None:
    for number, boot in enumerate(("a", "b", "a"), start=2):
        agents.heartbeat(site.use, online, KEY, Heartbeat.model_validate(message(site, number, boot_id=boot)))


def clone_by_numbers(site: Site, online: str) -> None:
    for seconds in (0, 30):
        sent_at = site.clock.now + timedelta(seconds=seconds)
        agents.heartbeat(site.use, online, KEY, Heartbeat(sequence=2, sent_at=sent_at))


@pytest.mark.parametrize("clone", [clone_by_boots, clone_by_numbers])
def test_a_copied_disk_needs_attention_until_nothing_more_is_heard_of_it(
    site: Site, clock: Clock, online: str, clone: Callable[[Site, str], None]
) -> None:
    clone(site, online)
    system_id = site.region.system_ids()[0]
    found = site.machine(system_id)
    assert found.service == "attention" and found.reason.startswith("agent duplicated: ") and found.next_action
    assert len([e for e in site.timeline(system_id) if e.kind == "duplicated"]) == 1
    for number in range(100, 163):
        clock.forward(minutes=1)
        site.beats(online, number)
        agents.watch(site.use)
    assert site.machine(system_id).service == "in_service"
    assert agent(site).conditions == {}


def test_a_reboot_is_no_copy(site: Site, online: str) -> None:
    for number, boot in enumerate(("a", "b", "b", "c"), start=2):
        agents.heartbeat(site.use, online, KEY, Heartbeat.model_validate(message(site, number, boot_id=boot)))
    assert agent(site).conditions == {}


def test_both_keys_are_good_until_the_new_one_is_used(site: Site, online: str) -> None:
    new = hash_secret("the next key")
    for _ in range(2):
        agents.change_key(site.use, online, KEY, new)
    site.beats(online, 2)
    site.beats(online, 3, key="the next key")
    with pytest.raises(Unauthenticated):
        site.beats(online, 4)
    agents.change_key(site.use, online, "the next key", new)
    with pytest.raises(Unauthenticated):
        agents.change_key(site.use, online, KEY, hash_secret("a thief's"))
    assert numbers(site) == [1, 2, 3]


def test_a_command_is_asked_until_its_outcome_is_heard(site: Site, online: str) -> None:
    asked = commands.ask(site.use, agent(site), commands.COLLECT_NOW, by="ada")
    assert commands.ask(site.use, agent(site), commands.COLLECT_NOW, by="ada").id == asked.id
    told = ({"id": asked.id, "command": "collect-now"},)
    assert [site.beats(online, number).commands for number in (2, 3)] == [told, told]
    result = {"id": asked.id, "command": "collect-now", "outcome": "done", "said": "measured"}
    beat = Heartbeat.model_validate(message(site, 4, command_results=[result]))
    assert agents.heartbeat(site.use, online, KEY, beat).commands == ()
    assert site.beats(online, 5).commands == ()
    kinds = [e.message for e in site.timeline(site.region.system_ids()[0]) if e.kind == "commanded"]
    assert kinds == ["collect-now: done: measured"]


def test_nobody_asks_an_agent_whose_machine_was_released(site: Site, online: str) -> None:
    with site.database.write() as session:
        agents.revoke(session, agent(site).machine_id, now=site.clock.now)
    with pytest.raises(Conflict):
        commands.ask(site.use, agent(site), commands.ROTATE_KEY, by="ada")


def test_a_heartbeat_is_kept_as_it_came(site: Site, online: str) -> None:
    beat = Heartbeat.model_validate(message(site, 2, boot_id="b"))
    agents.heartbeat(site.use, online, KEY, beat)
    with site.database.read() as session:
        stored = session.get_one(AgentSample, (online, 2))
    assert unpack(stored.payload)["boot_id"] == "b"


def test_those_that_waited_longest_are_written_first_and_too_many_are_told_at_once() -> None:
    group, running, go = GroupCommit(room=3), Event(), Event()
    written: list[list[int]] = []

    def write(items: Sequence[int]) -> list[int]:
        written.append(list(items))
        running.set()
        assert go.wait(10)
        return [10 * item for item in items]

    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(group.submit, 0, write)
        assert running.wait(10)
        others = []
        for item in (1, 2, 3):
            others.append(pool.submit(group.submit, item, write))
            while len(group._waiting) < item:
                pass
        with pytest.raises(Full):
            group.submit(4, write)
        go.set()
        assert [first.result(10), *(other.result(10) for other in others)] == [0, 10, 20, 30]
    assert written == [[0], [1, 2, 3]]


def test_what_no_agent_measures_is_not_stored(site: Site, online: str) -> None:
    """A machine that was broken into must not fill the database."""
    huge = random.Random(1).randbytes(LARGEST).hex()
    with pytest.raises(Invalid, match="are the most"):
        site.beats(online, 2, load={"load_1m": huge})
    told = replayed(site, online, message(site, 2, samples={"load": huge}), message(site, 3))
    assert told[0] == {"sequence": 3, "duplicate": False}
    assert told[1]["sequence"] == 2 and "are the most" in told[1]["refused"]
    assert numbers(site) == [1, 3]


def test_an_agent_has_an_allowance_an_hour(site: Site, online: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance, "BYTES", 2000)
    noise = random.Random(1).randbytes(500).hex()
    with pytest.raises(Unavailable, match="within an hour"):
        for number in range(2, 9):
            site.beats(online, number, load={"load_1m": noise})
    taken = numbers(site)
    assert 2 <= len(taken) < 7
    site.clock.forward(seconds=3600)
    site.beats(online, 9, load={"load_1m": noise})
    assert numbers(site) == [*taken, 9]


def test_signs_that_terminals_act_on_are_shown_instead(site: Site, online: str) -> None:
    beat = {**message(site, 2), "hostname": "n\x1b]0;mine\x07", "agent_version": "1\x1b[2J"}
    agents.heartbeat(site.use, online, KEY, Heartbeat.model_validate(beat))
    found = agent(site)
    assert (found.hostname, found.version) == ("n\\x1b]0;mine\\x07", "1\\x1b[2J")
    with site.database.write() as session:
        event = TimelineEvent(Source.PERSON, "note", "a\u202eb\x9b\nc", site.clock.now, actor="x\x1b")
        timeline.record(session, found.machine_id, event, now=site.clock.now)
    with site.database.read() as session:
        noted = timeline.history(session, found.machine_id)[-1]
    assert (noted.message, noted.actor) == ("a\\u202eb\\x9b\nc", "x\\x1b")
