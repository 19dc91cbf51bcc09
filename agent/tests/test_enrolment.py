"""How an agent gets and keeps its identity."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gough_agent.errors import ConfigInvalid
from gough_agent.main import main

Fixture = Any
Runner = Callable[..., Any]


def test_it_enrols_and_the_first_heartbeat_follows_at_once(gough: Fixture, run: Runner) -> None:
    done = run(3)
    assert [request.path for request in gough.server.requests] == [
        "/api/v1/agents/enroll",
        *["/api/v1/agents/a%2F7/heartbeat"] * 3,
    ]
    key = gough.server.heartbeats[0].key
    assert hashlib.sha256(key.encode()).hexdigest() == gough.server.enrolments[0].message["key_hash"]
    assert len(key) == 43
    assert all(9 <= seconds <= 11 for seconds in done.waits.seconds)


def test_a_lost_answer_is_asked_for_again_with_the_same_key(gough: Fixture, run: Runner) -> None:
    gough.server.replies.append(gough.dropped())
    run(2)
    first, second = gough.server.enrolments
    assert first.message == second.message
    assert len(gough.server.heartbeats) == 1


def test_a_kill_between_sending_and_the_answer_keeps_the_key(gough: Fixture, run: Runner) -> None:
    gough.server.replies.append(gough.dropped())
    run(1)  # stopped before it could ask again
    run(1)
    first, second = gough.server.enrolments
    assert first.message["key_hash"] == second.message["key_hash"]


def test_the_key_file_is_for_its_owner_only(run: Runner, settings: dict[str, str]) -> None:
    before = os.umask(0)
    try:
        run(1)
    finally:
        os.umask(before)
    for file in Path(settings["STATE_DIRECTORY"]).rglob("*.*"):
        assert file.stat().st_mode & 0o777 == 0o600, file


def test_after_a_restart_it_reports_without_enrolling_or_a_token(gough: Fixture, run: Runner) -> None:
    run(1)
    run(1, GOUGH_ENROLMENT_TOKEN="")
    assert len(gough.server.enrolments) == 1
    first, second = gough.server.heartbeats
    assert first.key == second.key


def test_a_new_token_gets_a_new_key(gough: Fixture, run: Runner) -> None:
    old = run(1).store.state
    new = run(1, GOUGH_ENROLMENT_TOKEN="another").store.state
    assert new.key != old.key
    assert new.agent_id is None
    assert new.sequence_reserved == old.sequence_reserved


def test_a_refusal_is_logged_once_with_the_servers_words_and_tried_ever_slower(gough: Fixture, run: Runner) -> None:
    done = run(9, GOUGH_ENROLMENT_TOKEN="wrong-but-secret")
    refusals = [line for line in done.lines if "refused" in line]
    assert refusals == ["gough-agent: the server refused: 401 The token is unknown. (Make a new one.)\n"]
    assert len(gough.server.enrolments) == 9
    for number, seconds in enumerate(done.waits.seconds):
        assert min(300, 2**number) / 2 <= seconds <= min(300, 2**number)


def test_a_token_bound_to_another_key_is_said(gough: Fixture, run: Runner) -> None:
    gough.server.bound["token-that-must-stay-secret"] = "0" * 64
    assert any("409 The token belongs to another key." in line for line in run(3).lines)


def test_a_given_key_needs_no_enrolment_and_never_enrols(gough: Fixture, run: Runner) -> None:
    gough.server.replies.append(gough.refused(401))
    run(2, AGENT_API_KEY="given-key")
    assert [(request.path, request.key) for request in gough.server.requests] == [
        ("/api/v1/agents/machine-1/heartbeat", "given-key")
    ] * 2


def test_without_token_or_key_it_says_what_to_set(run: Runner) -> None:
    with pytest.raises(ConfigInvalid, match="GOUGH_ENROLMENT_TOKEN"):
        run(1, GOUGH_ENROLMENT_TOKEN="")


def test_secrets_never_reach_the_log_even_when_the_server_quotes_them(gough: Fixture, run: Runner) -> None:
    key = run(1).store.state.key
    gough.server.replies.append(gough.refused(400, f"bad key {key} and token {gough.token}\nforged line"))
    done = run(2)
    text = "".join(done.lines) + str(done.store.last_answer())
    assert key not in text
    assert gough.token not in text
    assert "[hidden]" in text
    assert all(line.count("\n") == 1 for line in done.lines)


def test_status_tells_before_and_after(
    run: Runner, settings: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", settings["STATE_DIRECTORY"])
    assert main(["status"]) == 1
    assert "enrolled: no" in capsys.readouterr().out
    run(1)
    assert main(["status"]) == 0
    assert "agent id: a/7\nlast answer: 200 at 20" in capsys.readouterr().out


def test_a_damaged_state_file_is_never_overwritten(run: Runner, settings: dict[str, str]) -> None:
    file = Path(settings["STATE_DIRECTORY"], "agent.json")
    file.parent.mkdir()
    file.write_text('{"key": "abc')
    with pytest.raises(ConfigInvalid, match="is damaged: move it away"):
        run(1)
    assert file.read_text() == '{"key": "abc'


def test_fleets_secret_is_asked_for_with_the_agents_key(
    gough: Fixture, run: Runner, settings: dict[str, str], monkeypatch: Any, capsys: Any
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert main(["fleet-secret"]) == 1, "not enrolled yet"
    assert "has not enrolled yet" in capsys.readouterr().err
    run(1)
    gough.server.replies.append(gough.says(200, {"server": "main", "secret": "of Fleet's"}))
    assert main(["fleet-secret"]) == 0
    assert capsys.readouterr().out == "of Fleet's\n"
    asked = gough.server.requests[-1]
    assert (asked.path, asked.key) == ("/api/v1/agents/a%2F7/fleet-secret", gough.server.heartbeats[0].key)
    gough.server.replies.append(gough.says(503, {"detail": "Fleet does not answer"}))
    assert main(["fleet-secret"]) == 1
    assert "Fleet does not answer" in capsys.readouterr().err
