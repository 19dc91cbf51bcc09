"""The stage tables: what ends a stage, what heals it, and that every table leads somewhere."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gough.domain.facts import Facts
from gough.domain.machine_status import MachineStatus as Status
from gough.domain.stages import (
    COMMISSION,
    DEPLOYMENT,
    ERASURE,
    RELEASE,
    TABLES,
    TEST,
    Act,
    Action,
    End,
    Finished,
    Halted,
    JobKind,
    Outcome,
    Retry,
    Running,
    Stage,
    Start,
    Table,
    Wait,
    next_step,
    restart_at,
    with_deadlines,
)  # fmt: skip

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
IDEAL = Facts(
    Status.DEPLOYED, user_data_accepted=True, submitted=True, cloud_init_finished=True, agent_online=True,
    fleet_configured=True, fleet_enrolled=True, policies_known=True, playbooks_wanted=True, playbooks_converged=True,
)  # fmt: skip
IDEALS = {
    JobKind.DEPLOYMENT: IDEAL,
    JobKind.COMMISSION: Facts(Status.READY, submitted=True),
    JobKind.TEST: Facts(Status.READY, submitted=True),
    JobKind.RELEASE: Facts(Status.READY, submitted=True),
    JobKind.ERASURE: Facts(Status.READY, submitted=True),
    JobKind.ADOPTION: IDEAL,
}
STAGES = [pytest.param(t, s, id=f"{k.value}-{s.name}") for k, t in TABLES.items() for s in t]


def before(table: Table, stage: Stage) -> dict[str, Outcome]:
    names = [s.name for s in table]
    return dict.fromkeys(names[: names.index(stage.name)], Outcome.DONE)


def quiet(stage: Stage) -> Facts:
    """Facts under which `stage` has neither succeeded nor failed and is not waived."""
    candidates = [replace(IDEAL, status=s, user_data_accepted=False, submitted=False, cloud_init_finished=False,
                          agent_online=False, fleet_enrolled=False, playbooks_converged=False)
                  for s in Status]  # fmt: skip
    return next(f for f in candidates if not (stage.done(f) or stage.failed(f) or stage.waived(f)))


def walk(table: Table, facts: Facts) -> list[tuple[str, Outcome]]:
    """The stages in the order they end while every action succeeds at once."""
    ended: dict[str, Outcome] = {}
    running: Running | None = None
    while not isinstance(step := next_step(table, ended, running, facts, NOON), Finished):
        match step:
            case Start(stage):
                running = Running(stage.name, NOON)
            case Act():
                assert running is not None
                running = replace(running, acted=True)
            case End(stage, outcome):
                ended[stage.name] = outcome
            case _:
                raise AssertionError(f"stuck at {step}")
    return list(ended.items())


@pytest.mark.parametrize("kind", JobKind)
def test_every_table_walks_to_its_end_under_ideal_facts(kind: JobKind) -> None:
    assert walk(TABLES[kind], IDEALS[kind]) == [(stage.name, Outcome.DONE) for stage in TABLES[kind]]


def test_stages_of_systems_that_are_not_configured_are_waived_by_a_named_policy() -> None:
    seen = walk(DEPLOYMENT, replace(IDEAL, fleet_configured=False, playbooks_wanted=False))
    assert [name for name, outcome in seen if outcome is Outcome.WAIVED] == ["security", "configure"]
    assert {s.name: s.waiver.policy for s in DEPLOYMENT if s.waiver} == {
        "security": "not configured", "configure": "not configured",
    }  # fmt: skip


def test_the_deadlines_are_the_promised_ones() -> None:
    minutes = {stage.name: stage.deadline / timedelta(minutes=1) for stage in DEPLOYMENT}
    assert minutes == {
        "validate": 1, "submit": 2, "install": 45, "first-boot": 20, "agent": 5, "security": 10, "configure": 30,
        "verify": 5,
    }  # fmt: skip


@pytest.mark.parametrize(("table", "stage"), STAGES)
def test_a_stage_is_overdue_at_its_deadline_and_not_before(table: Table, stage: Stage) -> None:
    ended, facts, deadline = before(table, stage), quiet(stage), NOON + stage.deadline
    running = Running(stage.name, NOON, acted=True)
    assert next_step(table, ended, running, facts, NOON) == Wait(deadline)
    assert next_step(table, ended, running, facts, deadline - SECOND) == Wait(deadline)
    assert next_step(table, ended, running, facts, deadline) == End(stage, Outcome.OVERDUE)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.OVERDUE])
@pytest.mark.parametrize(("table", "stage"), STAGES)
def test_a_stage_that_ended_badly_halts_its_job_until_a_late_success_heals_it(
    table: Table, stage: Stage, outcome: Outcome
) -> None:
    ended = {**before(table, stage), stage.name: outcome}
    assert next_step(table, ended, None, quiet(stage), NOON) == Halted(stage)
    good = next(f for f in IDEALS.values() if stage.done(f))
    assert next_step(table, ended, None, good, NOON + timedelta(days=1)) == End(stage, Outcome.DONE, heals=True)


@pytest.mark.parametrize(("table", "stage"), [p for p in STAGES if p.values[1].action])  # type: ignore[union-attr]
def test_a_refused_action_ends_its_stage_at_once(table: Table, stage: Stage) -> None:
    running = Running(stage.name, NOON, refused=True)
    assert next_step(table, before(table, stage), running, quiet(stage), NOON) == End(stage, Outcome.FAILED)


def test_an_action_runs_when_its_stage_starts_and_waits_for_its_next_try() -> None:
    facts, submit = Facts(Status.READY), COMMISSION[0]
    assert next_step(COMMISSION, {}, None, facts, NOON) == Start(submit)
    assert next_step(COMMISSION, {}, Running("submit", NOON), facts, NOON) == Act(submit, Action.SUBMIT_COMMISSION)
    again = Running("submit", NOON, try_again_at=NOON + 5 * SECOND)
    assert next_step(COMMISSION, {}, again, facts, NOON) == Wait(NOON + 5 * SECOND)
    assert isinstance(next_step(COMMISSION, {}, again, facts, NOON + 5 * SECOND), Act)
    late = Running("submit", NOON, try_again_at=NOON + timedelta(hours=1))
    assert next_step(COMMISSION, {}, late, facts, NOON) == Wait(NOON + submit.deadline)


def test_facts_that_look_like_success_do_not_replace_the_action() -> None:
    facts = Facts(Status.READY, submitted=True)
    assert isinstance(next_step(RELEASE, {}, Running("submit", NOON), facts, NOON), Act)


FAILURES = [
    (DEPLOYMENT, "validate", Facts(Status.READY, findings=("line 3: no such variable",))),
    (DEPLOYMENT, "submit", Facts(Status.READY, known_to_maas=False)),
    (DEPLOYMENT, "install", Facts(Status.FAILED_DEPLOYMENT)),
    (DEPLOYMENT, "install", Facts(Status.ALLOCATED)),
    (DEPLOYMENT, "install", Facts(Status.DEPLOYING, known_to_maas=False)),
    (DEPLOYMENT, "first-boot", Facts(Status.DEPLOYED, cloud_init_failed=True)),
    (DEPLOYMENT, "first-boot", Facts(Status.READY)),
    (DEPLOYMENT, "agent", Facts(Status.RELEASING)),
    (DEPLOYMENT, "configure", Facts(Status.DEPLOYED, playbooks_wanted=True, playbooks_failed=True)),
    (DEPLOYMENT, "verify", Facts(Status.BROKEN)),
    (COMMISSION, "commission", Facts(Status.FAILED_COMMISSIONING)),
    (COMMISSION, "commission", Facts(Status.NEW)),
    (COMMISSION, "test", Facts(Status.FAILED_TESTING)),
    (TEST, "test", Facts(Status.FAILED_TESTING)),
    (RELEASE, "release", Facts(Status.FAILED_DISK_ERASING)),
    (ERASURE, "erase", Facts(Status.FAILED_DISK_ERASING)),
    (ERASURE, "erase", Facts(Status.DEPLOYED)),
    (ERASURE, "release", Facts(Status.RELEASING_FAILED)),
    (RELEASE, "release", Facts(Status.RELEASING_FAILED)),
]


@pytest.mark.parametrize(("table", "name", "facts"), FAILURES, ids=lambda v: getattr(v, "status", v) and None)
def test_a_stage_fails_as_soon_as_the_facts_say_so(table: Table, name: str, facts: Facts) -> None:
    stage = next(stage for stage in table if stage.name == name)
    running = Running(name, NOON, acted=True)
    assert next_step(table, before(table, stage), running, facts, NOON) == End(stage, Outcome.FAILED)


def test_a_retry_begins_where_the_table_says() -> None:
    begins = {stage.name: restart_at(DEPLOYMENT, stage.name) for stage in DEPLOYMENT}
    assert begins == {
        "validate": "validate", "submit": "submit", "install": "validate", "first-boot": "validate", "agent": "agent",
        "security": "security", "configure": "configure", "verify": "verify",
    }  # fmt: skip
    assert {s.name for t in TABLES.values() for s in t if s.retry is Retry.RESUBMIT} == {
        "install", "first-boot", "commission", "test", "erase", "release",
    }  # fmt: skip


def test_a_site_gives_its_own_deadlines_to_the_stages_it_names() -> None:
    own = with_deadlines(DEPLOYMENT, {"install": timedelta(hours=3)})
    changed = [(new.name, new.deadline) for old, new in zip(DEPLOYMENT, own, strict=True) if new != old]
    assert changed == [("install", timedelta(hours=3))]


SEEN_BY_MAAS = [pytest.param(t, s, id=f"{k.value}-{s.name}") for k, t in TABLES.items() for s in t if s.seen_by_maas]


@pytest.mark.parametrize(("table", "stage"), SEEN_BY_MAAS)
def test_nothing_is_overdue_while_maas_cannot_be_followed(table: Table, stage: Stage) -> None:
    running = Running(stage.name, NOON, acted=True)
    overdue_at, late = NOON + stage.deadline, NOON + stage.deadline + timedelta(hours=3)
    stale = replace(quiet(stage), known_until=overdue_at - SECOND)
    waits = next_step(table, before(table, stage), running, stale, late)
    assert isinstance(waits, Wait) and waits.until > late
    fresh = replace(stale, known_until=overdue_at)
    assert next_step(table, before(table, stage), running, fresh, late) == End(stage, Outcome.OVERDUE)


def test_a_machine_is_locked_last_and_only_where_that_was_wished() -> None:
    verify = TABLES[JobKind.DEPLOYMENT][-1]
    ended, running = before(TABLES[JobKind.DEPLOYMENT], verify), Running("verify", NOON)
    wished = replace(IDEAL, lock_wanted=True)
    assert next_step(TABLES[JobKind.DEPLOYMENT], ended, running, IDEAL, NOON) == End(verify, Outcome.DONE)
    assert next_step(TABLES[JobKind.DEPLOYMENT], ended, running, wished, NOON) == Act(verify, Action.PROTECT)
    acted = replace(running, acted=True)
    assert next_step(TABLES[JobKind.DEPLOYMENT], ended, acted, wished, NOON) == End(verify, Outcome.DONE)
