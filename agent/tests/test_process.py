"""The agent as a process: signals, exit statuses, its log."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import gough_agent.collectors  # noqa: F401 — registers them
from gough_agent import __version__
from gough_agent.collector import REGISTRY
from gough_agent.spool import _records

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(settings: dict[str, str]) -> Iterator[Start]:
    """start(*arguments, **settings): `python -m gough_agent`, killed at the end."""
    started: list[subprocess.Popen[str]] = []

    def go(*arguments: str, **changes: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "gough_agent", *arguments]
        environment = {**os.environ, **settings, **changes}
        process = subprocess.Popen(command, env=environment, stdout=-1, stderr=-1, text=True)
        started.append(process)
        return process

    yield go
    for process in started:
        process.kill()
        process.communicate()


def wait_for_request(gough: Any) -> None:
    assert gough.server.arrived.wait(20)
    gough.server.arrived.clear()


def stop(process: "subprocess.Popen[str]") -> float:
    """Seconds from SIGTERM to the end."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    return time.monotonic() - began


def test_sigterm_ends_a_waiting_agent_at_once(gough: Any, start: Start) -> None:
    process = start("run")
    wait_for_request(gough)
    assert stop(process) < 2
    out, log = process.communicate()
    assert process.returncode == 0
    assert out == ""
    assert log.endswith("gough-agent: stopped\n")
    assert gough.token not in log


def test_sigterm_ends_an_agent_whose_server_never_answers(gough: Any, start: Start) -> None:
    gough.server.hold = threading.Event()
    process = start()
    wait_for_request(gough)
    assert stop(process) < 2
    assert process.returncode == 0


def test_numbers_do_not_repeat_over_sigkill(gough: Any, start: Start) -> None:
    gough.server.interval = 0.1
    for _ in range(3):
        before = len(gough.server.heartbeats)
        process = start(MONITORING_INTERVAL="0.1")
        while len(gough.server.heartbeats) < before + 3:
            wait_for_request(gough)
        process.kill()
        process.wait()
    sequences = [request.message["sequence"] for request in gough.server.heartbeats]
    assert sequences == sorted(set(sequences))
    assert len(gough.server.enrolments) == 1


def test_nothing_that_was_kept_is_lost_by_kills_of_the_agent_or_of_the_server(
    gough: Any, start: Start, settings: dict[str, str]
) -> None:
    gough.server.interval = 0.1
    process = start(MONITORING_INTERVAL="0.1")
    wait_for_request(gough)
    gough.server.away = True
    folder = Path(settings["STATE_DIRECTORY"], "spool")
    kept: set[int] = set()
    for _ in range(3):
        before = len(kept)
        while len(kept) < before + 4:
            kept |= {record.sequence for file in folder.glob("*.log") for record in _records(file)}
        process.kill()
        process.wait()
        process = start(MONITORING_INTERVAL="0.1")
    gough.server.replies.extend([gough.dropped()] * 3)  # it has committed, and dies before it answers
    gough.server.away = False
    while not kept <= set(gough.server.recorded) or any(folder.glob("*.log")):
        wait_for_request(gough)
    assert stop(process) < 2


def test_a_second_agent_on_the_same_state_is_refused(gough: Any, start: Start) -> None:
    start()
    wait_for_request(gough)
    second = start()
    _, log = second.communicate(timeout=20)
    assert second.returncode == 2
    assert "another agent runs with" in log


def test_a_released_machine_ends_the_process_with_0(gough: Any, start: Start) -> None:
    gough.server.replies.append(gough.refused(410, "Released."))
    process = start()
    _, log = process.communicate(timeout=20)
    assert process.returncode == 0
    assert "was released: 410 Released." in log


def test_without_an_enrolment_or_a_token_it_exits_with_2(start: Start) -> None:
    process = start(GOUGH_ENROLMENT_TOKEN="")
    _, log = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "set GOUGH_ENROLMENT_TOKEN" in log


def test_once_prints_json_and_tells_nobody(gough: Any, start: Start) -> None:
    out, log = start("run", "--once", MANAGEMENT_SERVER_URL="").communicate(timeout=20)
    assert set(json.loads(out)["samples"]) == set(REGISTRY)
    assert log == ""
    assert gough.server.requests == []


def test_version(start: Start) -> None:
    assert start("--version").communicate(timeout=20)[0] == f"gough-agent {__version__}\n"
