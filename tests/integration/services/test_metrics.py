"""Metrics: every sample counted once, the right roll-up for each span, and nothing old for ever."""

import random
from datetime import timedelta
from threading import Event, Thread, current_thread
from typing import Any

import pytest
from sqlalchemy import event, func, select

from gough.domain.errors import Invalid
from gough.domain.metrics import MOST_POINTS, Cell, beginning
from gough.persistence.models import AgentSample, Machine, MetricRollup
from gough.services import agents, metrics, replays, rollups
from gough.services.heartbeats import Heartbeat
from gough.services.replays import Heartbeats
from tests.support.clock import Clock
from tests.support.site import Crash, Site

KEY = "key of the agent"


@pytest.fixture
def online(site: Site) -> str:
    return site.in_service()[1]


def beat(site: Site, agent_id: str, sequence: int, boot: str = "b", **samples: Any) -> None:
    made = Heartbeat(sequence=sequence, sent_at=site.clock.now, boot_id=boot, samples=samples)
    agents.heartbeat(site.use, agent_id, KEY, made)


def kept(site: Site, step: int, name: str) -> list[Cell]:
    with site.database.read() as session:
        rows = session.scalars(select(MetricRollup).where(MetricRollup.step == step).order_by(MetricRollup.at))
        return [cells[name] for cells in (rollups.unpacked(row.payload) for row in rows) if name in cells]


def settle(site: Site) -> None:
    site.clock.forward(minutes=1)
    rollups.roll_up(site.use)


def test_five_minutes_and_an_hour_have_lowest_average_highest_and_last(site: Site, clock: Clock, online: str) -> None:
    for sequence, percent in enumerate((10, 40, 20), start=2):
        beat(site, online, sequence, cpu={"percent": percent})
        clock.forward(minutes=1)
    settle(site)
    (cell,) = kept(site, 300, "cpu")
    assert (cell.low, cell.average, cell.high, cell.last, cell.count) == (10, 70 / 3, 40, 20, 3)
    assert kept(site, 3600, "cpu") == [cell]
    rollups.roll_up(site.use)
    assert kept(site, 300, "cpu") == [cell], "what is counted is not counted again"


def test_late_samples_are_counted_too_and_each_once(site: Site, clock: Clock, online: str) -> None:
    late = [
        {"sequence": number, "sent_at": (clock.now + timedelta(seconds=number)).isoformat(), "boot_id": "b",
         "samples": {"cpu": {"percent": number}}}
        for number in range(2, 30)
    ]  # fmt: skip
    clock.forward(minutes=60)
    beat(site, online, 100, cpu={"percent": 50})
    settle(site)
    random.Random(1).shuffle(late)
    for batch in (late[:10], late[5:20], late[20:]):
        replays.take(site.use, online, KEY, Heartbeats(heartbeats=batch))
        settle(site)
    cell = kept(site, 300, "cpu")[0]
    assert (cell.low, cell.high, cell.count, cell.last) == (2, 29, 28, 29)


def test_a_death_while_counting_counts_nothing_twice(
    site: Site, clock: Clock, online: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollups, "CHUNK", 2)
    for sequence in range(2, 9):
        beat(site, online, sequence, cpu={"percent": 1})
        clock.forward(seconds=20)
    add, calls = rollups._add, []

    def dies(*given: Any) -> None:
        add(*given)
        calls.append(1)
        if len(calls) == 2:
            raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(rollups, "_add", dies)
        clock.forward(minutes=1)
        with pytest.raises(Crash):
            rollups.roll_up(site.use)
    settle(site)
    assert sum(cell.count for cell in kept(site, 300, "cpu")) == 7


def test_counters_become_rates_and_a_new_boot_begins_anew(site: Site, clock: Clock, online: str) -> None:
    for sequence, (boot, received) in enumerate((("a", 1000), ("a", 7000), ("b", 500), ("b", 1100)), start=2):
        beat(site, online, sequence, boot, network={"interfaces": [{"name": "eth0", "received_bytes": received}]})
        clock.forward(minutes=1)
    settle(site)
    (cell,) = kept(site, 300, "net-in")
    assert (cell.low, cell.high, cell.count) == (10, 100, 2)


def test_a_rate_over_the_border_of_two_runs_is_not_lost(site: Site, clock: Clock, online: str) -> None:
    for sequence in (2, 3):
        beat(site, online, sequence, disk={"read_bytes": 600 * sequence})
        settle(site)
    assert [cell.last for cell in kept(site, 300, "disk-read")] == [10]


def test_a_year_of_it_is_drawn_with_few_points(site: Site, clock: Clock, online: str) -> None:
    with site.database.write() as session:
        machine = session.scalars(select(Machine)).one()
        for step, every in ((300, 10_000), (3600, 366 * 24)):
            for number in range(every):
                at = clock.now - timedelta(seconds=step * (number + 1))
                session.add(MetricRollup(machine_id=machine.id, step=step, at=beginning(at, step), last_at=at,
                                         payload=rollups.packed({"cpu": Cell.of(number)})))  # fmt: skip
    beat(site, online, 2, cpu={"percent": 3})
    clock.forward(seconds=1)
    spans = {timedelta(hours=1): 0, timedelta(days=1): 300, timedelta(days=7): 3600, timedelta(days=30): 3600}
    with site.database.read() as session:
        for span, step in (spans | {timedelta(days=365): 11 * 3600}).items():
            found = metrics.chart(
                session, machine, ["cpu"], clock.now - span, clock.now, now=clock.now, interval_seconds=60
            )
            assert (found.step, 0 < len(found.series["cpu"]) <= MOST_POINTS) == (step, True), span


def test_the_highest_in_the_fleet(site: Site, clock: Clock, online: str) -> None:
    other = site.enrols(site.installs(site.deploying("web-2")[0]), "another key")
    for sequence, (mine, others) in enumerate(((90, 20), (10, 30)), start=2):
        beat(site, online, sequence, cpu={"percent": mine})
        site.beats(other, sequence, key="another key", cpu={"percent": others})
        clock.forward(minutes=5)
    settle(site)
    with site.database.read() as session:
        places = metrics.top(session, "cpu", 5, clock.now)
        assert [(place.hostname, place.value) for place in places] == [("web-2", 30), ("web-1", 10)]
        assert len(metrics.top(session, "cpu", 1, clock.now)) == 1
        with pytest.raises(Invalid, match="no series 'beauty'"):
            metrics.top(session, "beauty", 5, clock.now)


def test_what_is_old_goes_in_chunks_but_never_the_last_or_what_is_not_counted(
    site: Site, clock: Clock, online: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollups, "CHUNK", 3)
    for sequence in range(2, 11):
        beat(site, online, sequence, cpu={"percent": 1})

    def left() -> int:
        with site.database.read() as session:
            return session.scalar(select(func.count()).select_from(AgentSample)) or 0

    clock.forward(minutes=49 * 60)
    rollups.prune(site.use)
    assert left() == 10, "not rolled up yet"
    beat(site, online, 11, cpu={"percent": 1})
    settle(site)
    counts = []
    for _ in range(5):
        rollups.prune(site.use)
        counts.append(left())
    assert counts == [8, 5, 2, 1, 1]
    clock.forward(minutes=31 * 24 * 60)
    for _ in range(3):
        rollups.prune(site.use)
    assert (len(kept(site, 300, "cpu")), len(kept(site, 3600, "cpu"))) == (0, 2)


def test_reports_are_taken_while_old_samples_go(site: Site, clock: Clock, online: str) -> None:
    if site.database.is_sqlite:
        pytest.skip("SQLite has one writer: its transactions follow each other")
    for sequence in range(2, 6):
        beat(site, online, sequence, cpu={"percent": 1})
    clock.forward(minutes=49 * 60)
    beat(site, online, 6, cpu={"percent": 1})
    settle(site)
    about_to_commit, reported = Event(), Event()

    def wait(_connection: Any) -> None:
        if current_thread() is pruning:
            about_to_commit.set()
            assert reported.wait(20), "a report waited for what was being deleted"

    event.listen(site.database.engine, "commit", wait)
    pruning = Thread(target=rollups.prune, args=[site.use])
    pruning.start()
    assert about_to_commit.wait(20)
    beat(site, online, 7, cpu={"percent": 2})  # comes back only when it is committed
    reported.set()
    pruning.join(20)
    event.remove(site.database.engine, "commit", wait)
    with site.database.read() as session:
        left = set(session.scalars(select(AgentSample.sequence)))
    assert {6, 7} <= left and 2 not in left
