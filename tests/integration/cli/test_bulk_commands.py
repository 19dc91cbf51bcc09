"""`gough bulk …`: the forecast, the question, the result of each machine."""

import io
import json
import sys

import pytest

from gough.services import lifecycle
from tests.integration.cli.conftest import Gough
from tests.support.site import Site


class Terminal(io.StringIO):
    """Somebody who types this."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def machines(site: Site) -> None:
    """web-0 and web-2 are Ready, web-1 is busy."""
    for number in range(3):
        site.ready(f"web-{number}")
    lifecycle.commission(site.use, "web-1", by="somebody else")


def operations(gough: Gough) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(gough("bulk", "list", "-o", "json").out)
    return found


def test_a_dry_run_says_what_would_happen(gough: Gough) -> None:
    told = gough("bulk", "deploy", "plain", "-q", "web-", "--dry-run", "--add-tag", "gpu")
    assert told.code == 0 and told.out.splitlines()[-1] == "2 would begin, 1 would be refused."
    assert "busy with commission" in told.out
    rows = json.loads(gough("bulk", "deploy", "plain", "-q", "web-", "--dry-run", "-o", "json").out)
    assert [bool(row["refusal"]) for row in rows] == [False, True, False]
    assert operations(gough) == []


def test_it_asks_on_a_terminal_and_begins_nothing_where_nobody_can_be_asked(
    gough: Gough, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = gough("bulk", "test", "--status", "ready")
    assert refused.code == 2 and "would begin" in refused.out and "--yes" in refused.err
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    assert gough("bulk", "test", "--status", "ready").code == 1
    assert operations(gough) == []
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    asked = gough("bulk", "test", "--status", "ready")
    assert asked.code == 0 and "Test 2 machines?" in asked.out
    assert [each["machines"] for each in operations(gough)] == [3]


def test_the_forecast_and_the_question_name_how_many_are_in_service(
    gough: Gough, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.in_service("db-1")
    words = ("bulk", "test", "--machine", "db-1", "--machine", "web-0")
    told = gough(*words, "--dry-run").out.splitlines()[-1]
    assert told == "2 would begin, 0 would be refused. In service now: 1; a test reboots them."
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    assert "Test 2 machines, 1 of them in service?" in gough(*words).out
    assert operations(gough) == []


def test_machines_are_named_or_found_and_never_all_by_mistake(gough: Gough) -> None:
    for wrong in ([], ["--machine", "web-0", "--status", "ready"], ["-q", "nothing like it"], ["--status", "happy"]):
        assert gough("bulk", "test", "--yes", *wrong).code == 2, wrong
    assert gough("bulk", "test", "--yes", "--machine", "web-7").code == 4
    made = gough("bulk", "test", "--yes", "--machine", "web-2", "--machine", "web-0", "--max-in-flight", "1")
    shown = json.loads(gough("bulk", "show", made.out.strip(), "-o", "json").out)
    assert [(item["hostname"], item["state"]) for item in shown["items"]] == [
        ("web-2", "running"),
        ("web-0", "waiting"),
    ]
    assert "running" in gough("bulk", "show", made.out.strip()).out
    waiting = json.loads(gough("bulk", "show", made.out.strip(), "--state", "waiting", "-o", "json").out)
    assert [item["hostname"] for item in waiting["items"]] == ["web-0"]
    assert gough("bulk", "stop", made.out.strip()).code == 0
    assert operations(gough)[0]["state"] == "stopping"


def test_waiting_tells_each_machines_result_and_fails_when_one_was_refused(gough: Gough) -> None:
    told = gough("bulk", "test", "--machine", "web-1", "--yes", "--wait")
    lines = told.out.splitlines()
    assert told.code == 1 and lines[1].startswith("web-1  refused  web-1 is busy") and lines[2] == "1 refused: done"


def test_wrong_limits_are_said_at_once(gough: Gough) -> None:
    wrong = gough("bulk", "test", "-q", "web-", "--max-in-flight", "0", "--stop-after", "-1", "--yes")
    assert wrong.code == 2 and "/max_in_flight" in wrong.err and "/stop_after" in wrong.err
