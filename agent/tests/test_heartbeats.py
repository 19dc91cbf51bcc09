"""How an agent reports, and what it does about each answer."""

import math
import os
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest

from gough_agent.collector import REGISTRY, Collector

Fixture = Any
Runner = Callable[..., Any]


def sequences(gough: Fixture) -> list[int]:
    return [request.message["sequence"] for request in gough.server.heartbeats]


def test_heartbeats_are_compressed_on_one_connection(gough: Fixture, run: Runner) -> None:
    run(3)
    assert all(request.compressed for request in gough.server.heartbeats)
    assert not gough.server.enrolments[0].compressed
    assert len({request.connection for request in gough.server.requests}) == 1


def test_all_collectors_report_and_the_clock_skew_follows_the_first_answer(gough: Fixture, run: Runner) -> None:
    run(2)
    message = gough.server.heartbeats[-1].message
    assert set(message["samples"]) == set(REGISTRY)
    assert all(about["error"] is None and about["seconds"] >= 0 for about in message["collectors"].values())
    expected = time.time() - 1769860800  # the server always says 2026-01-31T12:00:00Z
    assert message["clock_skew_seconds"] == pytest.approx(expected, abs=30)


def test_a_crashing_collector_is_isolated(gough: Fixture, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash() -> dict[str, float]:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setitem(REGISTRY, "disk", Collector(crash, may_hang=True))
    monkeypatch.setitem(REGISTRY, "load", Collector(lambda: {"load_1m": float("nan")}))
    run(1)
    message = gough.server.heartbeats[0].message
    assert set(message["samples"]) == set(REGISTRY) - {"disk", "load"}
    assert message["collectors"]["disk"]["error"] == "RuntimeError: the disk is on fire"
    assert "ValueError" in message["collectors"]["load"]["error"]


def test_a_name_that_is_not_utf8_is_sent_readable(gough: Fixture, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = {"load_1m": 0, "load_5m": 0, "load_15m": 0, "x": os.fsdecode(b"\xff")}
    monkeypatch.setitem(REGISTRY, "load", Collector(lambda: sample))
    run(1)
    assert gough.server.heartbeats[0].message["samples"]["load"]["x"] == "?"


def test_the_servers_interval_replaces_ours_within_bounds(gough: Fixture, run: Runner) -> None:
    gough.server.interval = 20
    assert all(18 <= seconds <= 22 for seconds in run(3).waits.seconds)
    gough.server.interval = 1e9
    assert run(1).waits.seconds[0] <= 3600 * 1.1


def test_an_unknown_key_enrols_again_with_the_same_key(gough: Fixture, run: Runner) -> None:
    gough.server.replies.extend([None, gough.refused(401, "The key is not known.")])
    done = run(2)
    assert len(gough.server.enrolments) == 2
    first, second = gough.server.delivered
    assert first.key == second.key
    assert done.lines[-1] == "gough-agent: reporting again\n"


def test_a_server_that_enrols_but_knows_no_key_is_not_hammered(gough: Fixture, run: Runner) -> None:
    for _ in range(8):
        gough.server.replies.extend([None, gough.refused(401)])
    seconds = run(8).waits.seconds
    assert seconds[-1] >= 2**7 / 2


def test_without_a_token_an_unknown_key_backs_off(gough: Fixture, run: Runner) -> None:
    run(1)
    gough.server.replies.extend([gough.refused(401)] * 2)
    done = run(3, GOUGH_ENROLMENT_TOKEN="")
    assert len(gough.server.enrolments) == 1
    assert sorted(gough.server.recorded) == [1, 101]
    assert 0.5 <= done.waits.seconds[0] <= 1 <= done.waits.seconds[1] <= 2


def test_a_released_machine_stops_reporting_and_says_so(gough: Fixture, run: Runner) -> None:
    gough.server.replies.extend([None, gough.refused(410, "Released by its operator.")])
    done = run(5)
    assert done.waits.seconds == []
    assert "was released: 410 Released by its operator." in done.lines[-1]
    assert done.store.last_answer()["status"] == 410


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_honoured(gough: Fixture, run: Runner, status: int, form: str) -> None:
    value = "77" if form == "seconds" else formatdate(time.time() + 77, usegmt=True)
    gough.server.replies.extend([None, gough.refused(status, "Busy.", {"Retry-After": value})])
    run(math.inf, seconds=73)
    assert len(gough.server.delivered) == 1
    run(math.inf, seconds=30)
    assert len(gough.server.delivered) > 1


def test_a_message_that_the_server_finds_wrong_is_dropped(gough: Fixture, run: Runner) -> None:
    gough.server.replies.extend([None, gough.refused(422, "No.")])
    run(2)
    assert sequences(gough) == [1, 2]


def test_a_connection_closed_while_idle_costs_no_failure(gough: Fixture, run: Runner) -> None:
    gough.server.replies.extend([None, None, gough.dropped()])
    done = run(2)
    assert sequences(gough) == [1, 2, 2]
    assert all(seconds >= 9 for seconds in done.waits.seconds)


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"{", b"x" * 100_000])
def test_an_answer_that_is_not_the_protocols_is_a_failure(gough: Fixture, run: Runner, body: bytes) -> None:
    gough.server.replies.append(gough.says(200, body))
    done = run(2)
    assert any("without JSON: is this Gough's address?" in line for line in done.lines)
    assert len(gough.server.heartbeats) == 1


def test_an_absent_server_is_said_once(run: Runner) -> None:
    done = run(5, MANAGEMENT_SERVER_URL="http://127.0.0.1:1")
    assert done.lines == ["gough-agent: cannot reach http://127.0.0.1:1: Connection refused; will keep trying\n"]


def test_sequences_go_on_after_a_restart(gough: Fixture, run: Runner) -> None:
    run(3)
    run(1)
    assert sequences(gough) == [1, 2, 3, 101]


def test_an_accepted_heartbeat_resets_the_back_off(gough: Fixture, run: Runner) -> None:
    gough.server.replies.append(None)
    gough.server.replies.extend([gough.refused(500)] * 3)
    gough.server.replies.extend([None, gough.refused(500)])
    seconds = run(5).waits.seconds
    assert [round(wait + 0.5) for wait in seconds[:3]] != []
    assert seconds[2] >= 2**2 / 2
    assert seconds[4] <= 1
