"""What a server may ask of an agent, and what becomes of everything else."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gough_agent.collector import REGISTRY, Collector

from .conftest import sha256

Fixture = Any
Runner = Callable[..., Any]
ROTATE = {"id": "c1", "command": "rotate-key"}


def outcomes(gough: Fixture) -> list[tuple[str, str]]:
    return [(result["id"], result["outcome"]) for result in gough.server.results]


def key_of(settings: dict[str, str]) -> str:
    key: str = json.loads(Path(settings["STATE_DIRECTORY"], "agent.json").read_text())["key"]
    return key


def test_a_new_key_takes_the_place_of_the_old_one(gough: Fixture, run: Runner, settings: dict[str, str]) -> None:
    gough.server.commands = [ROTATE]
    done = run(3)
    first, second, _ = gough.server.heartbeats
    assert first.key != second.key == key_of(settings)
    assert gough.server.keys == {sha256(second.key)}
    assert outcomes(gough) == [("c1", "done")]
    assert not any(second.key in line for line in done.lines)


@pytest.mark.parametrize("replies", [["dropped"], ["refused"], ["dropped", "dropped"]])
def test_a_rotation_survives_lost_answers_and_restarts(
    gough: Fixture, run: Runner, settings: dict[str, str], replies: list[str]
) -> None:
    run(1)
    gough.server.commands = [ROTATE]
    known = {"dropped": gough.dropped(), "refused": gough.refused(503)}
    gough.server.replies.extend([None, *(known[reply] for reply in replies)])
    for rounds in (1, 1, 1, 3):  # each is a new process, and knows no more than the disk
        run(rounds, GOUGH_ENROLMENT_TOKEN="")
    assert gough.server.keys == {sha256(key_of(settings))}
    hashes = [request.message["key_hash"] for request in gough.server.requests if request.path.endswith("/key")]
    assert len(set(hashes[: len(replies) + 1])) == 1  # until one was accepted
    assert outcomes(gough) == [("c1", "done")]
    assert Path(settings["STATE_DIRECTORY"], "agent.json").read_text().count(key_of(settings)) == 1


def test_a_server_that_rotates_no_keys_leaves_the_old_one(gough: Fixture, run: Runner) -> None:
    run(1)
    gough.server.commands = [ROTATE]
    gough.server.replies.extend([None, gough.refused(404)])
    done = run(3)
    assert outcomes(gough) == [("c1", "failed")]
    assert done.store.state.next_key is None
    assert len({request.key for request in gough.server.heartbeats}) == 1


def test_a_given_key_is_not_rotated(gough: Fixture, run: Runner) -> None:
    gough.server.commands = [ROTATE]
    run(3, AGENT_API_KEY="given")
    assert "change it there" in gough.server.results[0]["said"]
    assert {request.key for request in gough.server.requests} == {"given"}


def test_collect_now_measures_everything_at_once(gough: Fixture, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    sample = {"count": 0, "expired_count": 0, "certificates": [], "unreadable": []}
    monkeypatch.setitem(REGISTRY, "certificates", Collector(lambda: runs.append(1) or sample, every=3600))
    run(2)
    assert len(runs) == 1
    gough.server.commands = [{"id": "c2", "command": "collect-now"}]
    done = run(1)
    assert len(runs) == 3
    assert outcomes(gough) == [("c2", "done")]
    assert len(done.waits.seconds) == 1  # the second heartbeat came without waiting


def test_whatever_else_is_asked_is_ignored_and_reported(gough: Fixture, run: Runner, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    gough.server.commands = [
        {"id": "c3", "command": f"touch {mark}"},
        {"id": "c4", "command": "run", "arguments": ["touch", str(mark)]},
    ]
    gough.server.replies.extend([None, gough.says(200, {"interval_seconds": 10, "commands": [1, {"id": 5}, None]})])
    run(4)
    assert outcomes(gough) == [("c3", "unknown"), ("c4", "unknown")]
    assert not mark.exists()


def test_a_result_that_got_lost_is_told_again(gough: Fixture, run: Runner) -> None:
    gough.server.commands = [{"id": "c5", "command": "fly"}]
    gough.server.replies.extend([None, None, gough.refused(422)])
    run(math.inf, seconds=60)
    assert outcomes(gough) == [("c5", "unknown")]
