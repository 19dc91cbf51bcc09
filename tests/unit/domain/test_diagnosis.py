"""Diagnosis: from what the timeline says to a cause, the evidence quoted and the next thing to do."""

from datetime import UTC, datetime, timedelta

import pytest

from gough.domain.diagnosis import QUOTES, diagnose
from gough.domain.diagnosis_rules import FALLBACK, RULES
from gough.domain.stages import TABLES, Outcome
from gough.domain.timeline import Level, Source, TimelineEvent

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FAILED, OVERDUE = Outcome.FAILED, Outcome.OVERDUE


def told(*lines: str) -> tuple[TimelineEvent, ...]:
    """Events from `source|kind|message|actor`, a second apart."""
    events = []
    for number, line in enumerate(lines):
        source, kind, message, actor = (*line.split("|"), "", "")[:4]
        at = NOON + timedelta(seconds=number)
        events.append(TimelineEvent(Source(source), kind, message, at, actor=actor))
    return tuple(events)


BMC = "maas|Failed to query node's BMC|(admin) - No rack controllers can access the BMC of node x"
RELEASED_BY_MALLORY = "maas|User releasing node|(mallory)|mallory"
RELEASED_BY_GOUGH = "maas|User releasing node|(admin) - Gough job_1: again|admin"
CASES = [
    ("template-rejected", "validate", FAILED, ["gough|finding|line 3, column 7: no such variable"], "no such variable"),
    ("template-rejected", "validate", FAILED, ["gough|finding|/variables/pool: is required"], "/variables/pool"),
    ("options-not-there", "validate", FAILED, ["gough|finding|/pool: there is none called 'x'; there are batch"],
     "there are batch"),
    ("options-not-there", "validate", FAILED,
     ["gough|finding|/links/0/subnet: the region has none; it has 10.0.0.0/24"], "it has 10.0.0.0/24"),
    ("power-failed", "install", FAILED, ["maas|Deploying", BMC], "No rack controllers"),
    ("power-failed", "submit", OVERDUE, ["gough|action-failed|MAAS: 503 No rack", BMC], "No rack controllers"),
    ("power-failed", "commission", FAILED, ["maas|Failed to power on node|timeout"], "timeout"),
    ("taken-over", "install", FAILED, [RELEASED_BY_MALLORY], "mallory"),
    ("taken-over", "agent", FAILED, ["maas|User aborting deployment|(mallory)|mallory"], "mallory"),
    ("install-script-failed", "install", FAILED, ["maas|Marking node failed|Installation failed (see log)"], "see log"),
    ("commissioning-script-failed", "test", FAILED,
     ["maas|Script result|memtester changed status from 'Running' to 'Failed'"], "memtester"),
    ("commissioning-script-failed", "commission", OVERDUE,
     ["maas|Script result|20-maas-01 changed status from 'Running' to 'Timed out'"], "Timed out"),
    ("maas-unavailable", "submit", OVERDUE, ["gough|action-failed|MAAS: 503 try later"], "503 try later"),
    ("maas-unavailable", "submit", OVERDUE, ["gough|action-failed|MAAS: no answer from http://maas"], "no answer"),
    ("maas-unavailable", "submit", OVERDUE, ["gough|action-failed|MAAS: unusable answer, 200"], "unusable"),
    ("maas-refused", "submit", FAILED, ["gough|action-failed|MAAS: web-1 is Allocated, owned by bob"], "owned by bob"),
    ("install-stuck", "install", OVERDUE, ["maas|Performing PXE boot", "maas|Installing OS"], "Installing OS"),
    ("no-network-boot", "install", OVERDUE, ["maas|Deploying"], "no boot over the network"),
    ("no-network-boot", "commission", OVERDUE, [], "no boot over the network"),
    ("cloud-init-error", "first-boot", FAILED, ["cloud-init|modules-final|finish FAIL: running modules"], "FAIL"),
    ("no-report-from-first-boot", "first-boot", OVERDUE, ["maas|Deployed"], "no report from cloud-init"),
    ("first-boot-stuck", "first-boot", OVERDUE, ["cloud-init|init-network|start: searching"], "init-network"),
    ("agent-refused", "agent", OVERDUE, ["agent|enrolment-refused|web-1: bound to another key"], "another key"),
    ("agent-never-enrolled", "agent", OVERDUE, ["cloud-init|modules-final|finish SUCCESS"], "no enrolment"),
    ("not-enrolled-by-hand", "enrol", OVERDUE, ["person|requested|adopt"], "no enrolment"),
    ("agent-silent", "agent", OVERDUE, ["agent|enrolled|agent 1.0"], "enrolled"),
    ("agent-silent", "verify", OVERDUE, ["agent|enrolled|agent 1.0", "agent|offline|since 12:00"], "offline"),
    ("unknown", "configure", FAILED, ["maas|Deployed|web-1"], "web-1"),
]  # fmt: skip


@pytest.mark.parametrize(("cause", "stage", "outcome", "lines", "quoted"), CASES)
def test_a_timeline_leads_to_its_cause(cause: str, stage: str, outcome: Outcome, lines: list[str], quoted: str) -> None:
    found = diagnose(stage, outcome, told(*lines))
    assert found.cause == cause
    assert any(quoted in line for line in found.evidence), found.evidence
    assert found.summary and found.next_action and found.stage == stage


def test_every_rule_is_reached_by_a_case_and_says_where_its_evidence_is_defined() -> None:
    assert {case[0] for case in CASES} == {rule.cause for rule in RULES} | {FALLBACK.cause}
    assert [rule.cause for rule in RULES if not rule.source] == []
    assert [rule.cause for rule in RULES if not (rule.present or (rule.absent and rule.absence_in_words))] == []


def test_every_stage_of_every_table_gets_a_diagnosis_with_a_next_action() -> None:
    for stage in {stage.name for table in TABLES.values() for stage in table}:
        for outcome in (FAILED, OVERDUE):
            assert diagnose(stage, outcome, ()).next_action


def test_what_gough_itself_did_in_maas_is_nobody_elses_take_over() -> None:
    later = told(RELEASED_BY_GOUGH, "maas|Marking node failed|Installation failed (see log)")
    assert diagnose("install", FAILED, later).cause == "install-script-failed"
    assert diagnose("install", FAILED, told(RELEASED_BY_GOUGH, RELEASED_BY_MALLORY)).cause == "taken-over"


def test_an_event_that_names_nobody_is_no_take_over() -> None:
    assert diagnose("install", FAILED, told("maas|User releasing node||unknown")).cause != "taken-over"


@pytest.mark.parametrize("said", ["MAAS: 503 try later", "MAAS: web-1 is Allocated"])
def test_trouble_while_submitting_does_not_explain_a_later_stage(said: str) -> None:
    events = told(f"gough|action-failed|{said}", "maas|Performing PXE boot", "maas|Installing OS")
    assert diagnose("install", OVERDUE, events).cause == "install-stuck"


def test_evidence_is_the_last_few_lines_in_their_order_with_time_and_source() -> None:
    events = told(*(f"maas|Installing OS|part {n}" for n in range(QUOTES + 4)))
    found = diagnose("install", OVERDUE, events)
    assert found.evidence == tuple(f"12:00:0{n} maas Installing OS: part {n}" for n in range(4, 7))


def test_an_unexplained_failure_quotes_what_the_outside_said_last_and_not_goughs_own_bookkeeping() -> None:
    noise = TimelineEvent(Source.MAAS, "Node status event", "chatter", NOON, Level.DEBUG)
    events = (*told("maas|Deployed|web-1", "gough|stage-started|configure started"), noise)
    assert diagnose("configure", FAILED, events).evidence == ("12:00:00 maas Deployed: web-1",)
