"""What an agent does while its server is away, and when it is back: every heartbeat arrives, once."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Fixture = Any
Runner = Callable[..., Any]
DAY = 86400
pytestmark = pytest.mark.usefixtures("few_collectors")


def leave(server: Fixture) -> Callable[[], None]:
    return lambda: setattr(server, "away", True)


def come_back(server: Fixture) -> Callable[[], None]:
    return lambda: setattr(server, "away", False)


def files(settings: dict[str, str]) -> list[Path]:
    return sorted(Path(settings["STATE_DIRECTORY"], "spool").glob("*"))


@pytest.mark.parametrize("takes_batches", [True, False])
def test_a_day_without_the_server_is_delivered_once(
    gough: Fixture, run: Runner, settings: dict[str, str], takes_batches: bool
) -> None:
    gough.server.interval, gough.server.takes_batches = 60, takes_batches
    events = {100: leave(gough.server), 100 + DAY: come_back(gough.server)}
    done = run(math.inf, seconds=DAY + 7200, events=events, MONITORING_INTERVAL="60")
    assert len(gough.server.recorded) >= DAY / 60 / 1.1
    assert set(range(1, max(gough.server.recorded) + 1)) == set(gough.server.recorded)
    assert gough.server.duplicates == []
    assert done.lines[1:] == ["gough-agent: the server refused: 503 Away.\n", "gough-agent: reporting again\n"]
    assert files(settings) == []
    assert (len(gough.server.heartbeats) < DAY / 60 / 2) is takes_batches


def test_nothing_is_written_to_the_disk_while_the_server_is_there(
    gough: Fixture, run: Runner, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(1)
    flushed: list[int] = []
    monkeypatch.setattr("os.fsync", flushed.append)
    run(50)
    assert len(flushed) == 2  # the block of numbers, and its folder
    assert files(settings) == []


def test_what_was_kept_follows_from_the_oldest_and_new_ones_do_not_wait_for_it(gough: Fixture, run: Runner) -> None:
    events = {15: leave(gough.server), 1000: come_back(gough.server)}
    gough.server.takes_batches = False
    run(math.inf, seconds=1600, events=events)
    arrived = list(gough.server.recorded)
    late = [number for index, number in enumerate(arrived) if number < max(arrived[: index + 1])]
    assert len(late) >= 10  # how the machine is comes before how it was
    assert late == sorted(late)


def test_an_answer_that_got_lost_makes_a_duplicate_that_the_server_knows(gough: Fixture, run: Runner) -> None:
    gough.server.replies.extend([None, gough.dropped(), gough.dropped()])
    run(math.inf, seconds=60)
    assert gough.server.duplicates == [1, 1]
    assert sorted(gough.server.recorded) == list(range(1, max(gough.server.recorded) + 1))


def test_a_server_that_is_busy_again_is_given_its_time(gough: Fixture, run: Runner) -> None:
    gough.server.replies.extend([None, gough.refused(503), gough.refused(429, "Busy.", {"Retry-After": "300"})])
    run(math.inf, seconds=295)
    assert len(gough.server.delivered) == 2
    run(math.inf, seconds=200)
    assert len(gough.server.recorded) >= 30


def test_one_wrong_heartbeat_does_not_hold_up_the_others(gough: Fixture, run: Runner) -> None:
    gough.server.unreadable = {3}  # the oldest that is kept
    run(math.inf, seconds=400, events={15: leave(gough.server), 85: come_back(gough.server)})
    missing = set(range(1, max(gough.server.recorded) + 1)) - set(gough.server.recorded)
    assert missing == {3}
    assert gough.server.duplicates == []


def test_a_new_token_leaves_behind_what_was_kept_for_the_old_one(gough: Fixture, run: Runner) -> None:
    gough.server.away = False
    run(math.inf, seconds=60, events={15: leave(gough.server)})
    before = len(gough.server.recorded)
    gough.server.away = False
    gough.server.bound.clear()
    store = run(1, GOUGH_ENROLMENT_TOKEN="another").store
    assert len(gough.server.recorded) == before
    assert not list(store.folder("spool").glob("*"))


def test_heartbeats_tell_what_waits_and_what_was_dropped(gough: Fixture, run: Runner) -> None:
    run(math.inf, seconds=300, events={15: leave(gough.server), 85: come_back(gough.server)})
    told = [message["spool"] for message in gough.server.recorded.values()]
    assert told[0] == {"waiting": 0, "bytes": 0, "dropped": 0}
    assert max(one["waiting"] for one in told) >= 2
