"""Diagnosis: from what the timeline says to a cause, the evidence quoted and the next thing to do."""

from datetime import UTC, datetime, timedelta

import pytest

from gough.domain.diagnosis import QUOTES, diagnose
from gough.domain.diagnosis_rules import FALLBACK, RULES
from gough.domain.diagnosis_scripts import SCRIPT_RULES
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
AGENT_TELLS = "cloud-init|modules-final|finish FAIL: the agent tells: "


def failed(stage: str, module: str) -> str:
    """A module's report, as cloud-init writes it: without the reason."""
    return f"cloud-init|{stage}/config-{module}|finish FAIL: running config-{module} with frequency once-per-instance"


GIVEN = "fleet|secret-given|the enroll secret of Fleet server main"
PLAYS = "ansible|play-started|playbook docker-host.yml started"
OUT = "ansible|unreachable|Gathering Facts: Failed to connect to the host via ssh: ops@10.0.0.9"
IN_FLEET = "fleet|enrolled|osquery 5.17.0 enrolled in Fleet as web-1"

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
    ("taken-over", "install", FAILED, [RELEASED_BY_MALLORY, BMC], "mallory"),
    ("vanished", "install", FAILED, ["maas|Installing OS", "gough|machine-vanished|MAAS no longer knows this machine."],
     "no longer knows"),
    ("power-refused", "submit", OVERDUE,
     ["gough|action-failed|MAAS: 503 Incorrect password.",
      "maas|Failed to query node's BMC|(admin) - Incorrect password. Check BMC configuration and try again."],
     "Incorrect password"),
    ("install-script-failed", "install", FAILED, ["maas|Marking node failed|Installation failed (see log)"], "see log"),
    ("install-script-failed", "install", FAILED,
     ["maas|Script output|/tmp/install.log (installation) failed:\n/bin/sh: 1: /root/harden.sh: not found"],
     "harden.sh"),
    ("commissioning-script-failed", "test", FAILED,
     ["maas|Script result|memtester changed status from 'Running' to 'Failed'"], "memtester"),
    ("commissioning-script-failed", "commission", OVERDUE,
     ["maas|Script result|20-maas-01 changed status from 'Running' to 'Timed out'"], "Timed out"),
    ("maas-unavailable", "submit", OVERDUE, ["gough|action-failed|MAAS: 503 try later"], "503 try later"),
    ("maas-unavailable", "submit", OVERDUE, ["gough|action-failed|MAAS: no answer from http://maas"], "no answer"),
    ("maas-unavailable", "submit", OVERDUE, ["gough|action-failed|MAAS: unusable answer, 200"], "unusable"),
    ("maas-refused", "submit", FAILED, ["gough|action-failed|MAAS: web-1 is Allocated, owned by bob"], "owned by bob"),
    ("install-stuck", "install", OVERDUE, ["maas|Performing PXE boot", "maas|Installing OS"], "Installing OS"),
    ("commissioning-script-failed", "commission", FAILED,
     ["maas|Script output|maas-lshw (commissioning) failed:\nlshw: Input/output error"], "Input/output error"),
    ("not-booted-from-disk", "install", OVERDUE, ["maas|Installing OS", "maas|Rebooting"], "Rebooting"),
    ("commissioning-stuck", "commission", OVERDUE, ["maas|Loading ephemeral", "maas|Gathering information"],
     "Gathering"),
    ("commissioning-stuck", "test", OVERDUE, ["maas|Loading ephemeral", "maas|Running test|fio"], "fio"),
    ("boot-image-not-loaded", "install", OVERDUE, ["maas|Deploying", "maas|Performing PXE boot"], "PXE"),
    ("no-network-boot", "install", OVERDUE, ["maas|Deploying"], "no boot over the network"),
    ("no-network-boot", "test", OVERDUE, ["maas|Testing"], "no boot over the network"),
    ("no-network-boot", "commission", OVERDUE, [], "no boot over the network"),
    ("boot-setup-failed", "first-boot", FAILED, [failed("init-network", "mounts")], "config-mounts"),
    ("boot-setup-failed", "first-boot", FAILED, [failed("init-network", "users-groups")], "users-groups"),
    ("package-sources-failed", "first-boot", FAILED, [failed("modules-config", "apt_configure")], "apt_configure"),
    ("packages-failed", "first-boot", FAILED, [failed("modules-final", "package_update_upgrade_install")], "package_"),
    ("packages-failed", "first-boot", FAILED, [AGENT_TELLS + "('package_update_upgrade_install', E('x'))"], "E('x')"),
    ("boot-script-failed", "first-boot", FAILED, [failed("modules-final", "scripts_user")], "scripts_user"),
    ("cloud-init-error", "first-boot", FAILED, [failed("modules-config", "ntp")], "config-ntp"),
    ("cloud-init-error", "first-boot", FAILED, ["cloud-init|modules-final|finish FAIL: running modules"], "FAIL"),
    ("dns-failed", "first-boot", FAILED,
     [failed("modules-config", "apt_configure"), AGENT_TELLS + "('apt_configure', E('Temporary failure in name "
      "resolution'))"], "Temporary failure"),
    ("disk-full", "first-boot", FAILED,
     [failed("modules-config", "locale"), AGENT_TELLS + "('locale', OSError(28, 'No space left on device'))"], "28"),
    ("clock-wrong", "first-boot", FAILED,
     ["gough|clock-off|the machine's clock is 365 days behind", failed("modules-final", "package_update")], "365 days"),
    ("no-report-from-first-boot", "first-boot", OVERDUE, ["maas|Deployed"], "no report from cloud-init"),
    ("first-boot-stuck", "first-boot", OVERDUE, ["cloud-init|init-network|start: searching"], "init-network"),
    ("agent-refused", "agent", OVERDUE, ["agent|enrolment-refused|web-1: bound to another key"], "another key"),
    ("wrong-machines-token", "agent", OVERDUE,
     ["agent|enrolment-refused|web-2: came with the enrolment token of another machine, web-1"], "web-1"),
    ("key-rejected", "agent", OVERDUE, ["agent|key-rejected|a heartbeat for agt_1 came with a key"], "agt_1"),
    ("key-rejected", "agent", OVERDUE, ["agent|enrolled|agent 1.0", "agent|key-rejected|a beat came"], "a beat"),
    ("agent-never-enrolled", "agent", OVERDUE,
     ["agent|token-misused|web-2 tried to enrol with the token of web-1; it was refused"], "no enrolment"),
    ("agent-silent", "verify", OVERDUE,
     ["agent|enrolled|1.0", "agent|online|agent reports", "agent|key-rejected|by a stranger"], "enrolled"),
    ("agent-never-enrolled", "agent", OVERDUE, ["cloud-init|modules-final|finish SUCCESS"], "no enrolment"),
    ("not-enrolled-by-hand", "enrol", OVERDUE, ["person|requested|adopt"], "no enrolment"),
    ("agent-silent", "agent", OVERDUE, ["agent|enrolled|agent 1.0"], "enrolled"),
    ("agent-silent", "verify", OVERDUE, ["agent|enrolled|agent 1.0", "agent|offline|since 12:00"], "offline"),
    ("unknown", "configure", FAILED, ["maas|Deployed|web-1"], "web-1"),
    ("critical-policy-fails", "security", OVERDUE, [GIVEN, IN_FLEET, "fleet|policy-fails|Users: one root"], "one root"),
    ("fleet-host-unclear", "security", OVERDUE, [GIVEN, "fleet|host-unclear|It has web-1's name, but another UUID"],
     "another UUID"),
    ("fleet-refuses", "security", OVERDUE, ["fleet|server-refuses|Fleet server main: 401"], "main: 401"),
    ("fleet-down", "security", OVERDUE, [GIVEN, "fleet|server-down|Fleet server main: no route"], "no route"),
    ("policies-not-answered", "security", OVERDUE, [GIVEN, IN_FLEET], "enrolled in Fleet"),
    ("osquery-not-set-up", "security", OVERDUE, ["agent|enrolled|agent 1.0 enrolled"], "no request for Fleet's"),
    ("osquery-never-enrols", "security", OVERDUE, ["agent|enrolled|agent 1.0 enrolled", GIVEN], "secret of Fleet"),
    ("ansible-not-usable", "configure", FAILED, ["gough|action-failed|Ansible is switched off"], "switched off"),
    ("playbook-fails", "configure", FAILED, [PLAYS, "ansible|task-failed|Install: No package"], "No package"),
    ("ssh-key-refused", "configure", OVERDUE, [PLAYS, f"{OUT}: Permission denied (publickey)"], "Permission denied"),
    ("ssh-host-key-changed", "configure", OVERDUE, [PLAYS, f"{OUT}: Host key verification failed."], "Host key"),
    ("ssh-unreachable", "configure", OVERDUE, [PLAYS, f"{OUT}: port 22: No route to host"], "No route to host"),
    ("playbook-not-run", "configure", OVERDUE, ["agent|enrolled|agent 1.0 enrolled"], "no run of the playbook"),
    ("playbook-too-slow", "configure", OVERDUE, [PLAYS, "ansible|task-changed|Install packages"], "play-started"),
    ("playbook-fails-early", "configure", FAILED,
     [PLAYS, "ansible|play-ended|playbook docker-host.yml: failed; ERROR! the role 'docker' was not found"],
     "not found"),
]  # fmt: skip


@pytest.mark.parametrize(("cause", "stage", "outcome", "lines", "quoted"), CASES)
def test_a_timeline_leads_to_its_cause(cause: str, stage: str, outcome: Outcome, lines: list[str], quoted: str) -> None:
    found = diagnose(stage, outcome, told(*lines))
    assert found.cause == cause
    assert any(quoted in line for line in found.evidence), found.evidence
    assert found.summary and found.next_action and found.stage == stage


# What a deployment that goes well has said by the time of a stage.
BEFORE = {
    "install": [
        "person|requested|deploy docker-host@3|ada", "gough|stage-done|submit done",
        "maas|User acquiring node|(admin) - Gough job_1|admin",
        "maas|User starting deployment|(admin) - Gough job_1|admin", "maas|Deploying",
        "maas|Node changed status|From 'Allocated' to 'Deploying'", "gough|stage-started|install started",
    ],
    "first-boot": [
        "maas|PXE Request|installation", "maas|Performing PXE boot", "maas|Loading ephemeral",
        "maas|Configuring storage", "maas|Installing OS", "maas|Configuring OS", "maas|Rebooting",
        "maas|Image Deployed|deployed ubuntu/noble", "maas|Deployed", "gough|stage-done|install done",
    ],
    "agent": [
        "cloud-init|init-network|finish SUCCESS: searching", "cloud-init|modules-final/config-scripts_user|start: run",
        "cloud-init|modules-final|finish SUCCESS: running modules for final", "gough|stage-done|first-boot done",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("cause", "stage", "outcome", "lines", "quoted"), [case for case in CASES if case[1] in BEFORE]
)
def test_what_went_well_before_does_not_change_the_cause(
    cause: str, stage: str, outcome: Outcome, lines: list[str], quoted: str
) -> None:
    stages = list(BEFORE)
    before = [line for name in stages[: stages.index(stage) + 1] for line in BEFORE[name]]
    found = diagnose(stage, outcome, told(*before, *lines))
    assert found.cause == cause
    assert any(quoted in line for line in found.evidence), found.evidence


def test_every_rule_is_reached_by_a_case_and_says_where_its_evidence_is_defined() -> None:
    elsewhere = {rule.cause for rule in SCRIPT_RULES}  # each row of their table has a case of its own
    assert {case[0] for case in CASES} == {rule.cause for rule in RULES} - elsewhere | {FALLBACK.cause}
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
