"""The stages of a job, as tables. docs/architecture.md draws its diagram from here.

Nothing in this module does anything: `next_step` looks at facts and says what should happen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from gough.domain.facts import Facts
from gough.domain.machine_status import MachineStatus as Status


class Action(StrEnum):
    """What Gough itself does when a stage starts; a stage without one only waits."""

    RENDER = "render"
    SUBMIT_DEPLOY = "submit-deploy"
    SUBMIT_COMMISSION = "submit-commission"
    SUBMIT_TEST = "submit-test"
    SUBMIT_RELEASE = "submit-release"
    MARK_ADOPTED = "mark-adopted"
    PROTECT = "protect"
    RUN_PLAYBOOK = "run-playbook"


class Retry(StrEnum):
    """What a retry from this stage does. The job keeps what earlier stages achieved."""

    AGAIN = "again"  # the stage's action runs again
    RESUBMIT = "resubmit"  # from the first stage: a new submission to MAAS, which for a deployment wipes the disks
    WAIT = "wait"  # nothing to repeat: the stage waits again with a fresh deadline


class Outcome(StrEnum):
    DONE = "done"
    FAILED = "failed"
    OVERDUE = "overdue"
    WAIVED = "waived"


LOOK_AGAIN = timedelta(seconds=15)
ENDED_WELL = frozenset({Outcome.DONE, Outcome.WAIVED})


@dataclass(frozen=True, slots=True)
class Waiver:
    """A named policy under which a stage is skipped; an in-service machine lists the policies that waived."""

    policy: str
    applies: Callable[[Facts], bool]


@dataclass(frozen=True, slots=True)
class Stage:
    name: str
    deadline: timedelta
    done: Callable[[Facts], bool]
    failed: Callable[[Facts], bool] = lambda _: False
    action: Action | None = None
    acts: Callable[[Facts], bool] = lambda _: True
    waiver: Waiver | None = None
    retry: Retry = Retry.AGAIN
    seen_by_maas: bool = False  # its facts come from MAAS, so its clock stands still while MAAS cannot be followed

    def waived(self, facts: Facts) -> bool:
        return self.waiver is not None and self.waiver.applies(facts)

    def must_act(self, facts: Facts) -> bool:
        return self.action is not None and self.acts(facts)


def _lost(*expected: Status, or_aborted: bool = False) -> Callable[[Facts], bool]:
    """The machine left the statuses this stage goes through: it failed, or somebody took it.

    After an abort, MAAS puts it back to the status before, which may look like success.
    """
    return lambda f: not f.known_to_maas or f.status not in expected or (or_aborted and f.aborted)


# What an installed machine needs to be in service, however it was installed.
IN_SERVICE = (
    Stage(
        "security", timedelta(minutes=10), retry=Retry.WAIT,
        done=lambda f: f.fleet_enrolled and f.policies_known and not f.critical_policies_failing,
        waiver=Waiver("not configured", lambda f: not f.fleet_configured),
    ),
    Stage(
        "configure", timedelta(minutes=30), action=Action.RUN_PLAYBOOK,
        done=lambda f: f.playbooks_converged, failed=lambda f: f.playbooks_failed,
        waiver=Waiver("not configured", lambda f: not f.playbooks_wanted),
    ),
    Stage(
        "verify", timedelta(minutes=5), retry=Retry.WAIT, action=Action.PROTECT, acts=lambda f: f.lock_wanted,
        done=lambda f: f.agent_online and f.status is Status.DEPLOYED and not f.alerts,
        failed=_lost(Status.DEPLOYED),
    ),
)  # fmt: skip

DEPLOYMENT = (
    Stage(
        "validate", timedelta(minutes=1), action=Action.RENDER,
        done=lambda f: f.user_data_accepted, failed=lambda f: bool(f.findings),
    ),
    Stage(
        "submit", timedelta(minutes=2), action=Action.SUBMIT_DEPLOY,
        done=lambda f: f.submitted, failed=lambda f: not f.known_to_maas,
    ),
    Stage(
        "install", timedelta(minutes=45), retry=Retry.RESUBMIT, seen_by_maas=True,
        done=lambda f: f.status is Status.DEPLOYED, failed=_lost(Status.DEPLOYING, Status.DEPLOYED),
    ),
    Stage(
        "first-boot", timedelta(minutes=20), retry=Retry.RESUBMIT,
        done=lambda f: f.cloud_init_finished,
        failed=lambda f: f.cloud_init_failed or f.status is not Status.DEPLOYED,
    ),
    Stage(
        "agent", timedelta(minutes=5), retry=Retry.WAIT,
        done=lambda f: f.agent_online, failed=_lost(Status.DEPLOYED),
    ),
    *IN_SERVICE,
)  # fmt: skip

ADOPTION = (
    Stage(
        "mark", timedelta(minutes=2), action=Action.MARK_ADOPTED,
        done=lambda f: f.submitted, failed=_lost(Status.DEPLOYED),
    ),
    Stage(
        "enrol", timedelta(hours=24), retry=Retry.WAIT,
        done=lambda f: f.agent_online, failed=_lost(Status.DEPLOYED),
    ),
    *IN_SERVICE,
)  # fmt: skip

COMMISSION = (
    Stage(
        "submit", timedelta(minutes=2), action=Action.SUBMIT_COMMISSION,
        done=lambda f: f.submitted, failed=lambda f: not f.known_to_maas,
    ),
    Stage(
        "commission", timedelta(minutes=30), retry=Retry.RESUBMIT, seen_by_maas=True,
        done=lambda f: f.status in (Status.TESTING, Status.FAILED_TESTING, Status.READY) and not f.aborted,
        failed=_lost(Status.COMMISSIONING, Status.TESTING, Status.FAILED_TESTING, Status.READY, or_aborted=True),
    ),
    Stage(
        "test", timedelta(hours=2), retry=Retry.RESUBMIT, seen_by_maas=True,
        done=lambda f: f.status is Status.READY and not f.aborted,
        failed=_lost(Status.TESTING, Status.READY, or_aborted=True),
    ),
)  # fmt: skip

TEST = (
    Stage(
        "submit", timedelta(minutes=2), action=Action.SUBMIT_TEST,
        done=lambda f: f.submitted, failed=lambda f: not f.known_to_maas,
    ),
    Stage(
        "test", timedelta(hours=2), retry=Retry.RESUBMIT, seen_by_maas=True,
        done=lambda f: f.status not in (Status.TESTING, Status.FAILED_TESTING) and not f.aborted,
        failed=lambda f: f.status is Status.FAILED_TESTING or not f.known_to_maas or f.aborted,
    ),
)  # fmt: skip

RELEASE = (
    Stage(
        "submit", timedelta(minutes=2), action=Action.SUBMIT_RELEASE,
        done=lambda f: f.submitted, failed=lambda f: not f.known_to_maas,
    ),
    Stage(
        "release", timedelta(minutes=60), retry=Retry.RESUBMIT, seen_by_maas=True,
        done=lambda f: f.status is Status.READY,
        failed=lambda f: f.status in (Status.RELEASING_FAILED, Status.FAILED_DISK_ERASING, Status.BROKEN)
        or not f.known_to_maas,
    ),
)  # fmt: skip

# A release that erases the disks first. MAAS overwrites them one after the other, and has no deadline of its own.
ERASURE = (
    RELEASE[0],
    Stage(
        "erase", timedelta(hours=24), retry=Retry.RESUBMIT, seen_by_maas=True,
        done=lambda f: f.status in (Status.RELEASING, Status.RELEASING_FAILED, Status.READY),
        failed=_lost(Status.DISK_ERASING, Status.RELEASING, Status.RELEASING_FAILED, Status.READY),
    ),
    RELEASE[-1],
)  # fmt: skip


class JobKind(StrEnum):
    DEPLOYMENT = "deployment"
    COMMISSION = "commission"
    TEST = "test"
    RELEASE = "release"
    ERASURE = "erasure"
    ADOPTION = "adoption"


Table = tuple[Stage, ...]

TABLES: Mapping[JobKind, Table] = {
    JobKind.DEPLOYMENT: DEPLOYMENT,
    JobKind.COMMISSION: COMMISSION,
    JobKind.TEST: TEST,
    JobKind.RELEASE: RELEASE,
    JobKind.ERASURE: ERASURE,
    JobKind.ADOPTION: ADOPTION,
}


def with_deadlines(table: Table, deadlines: Mapping[str, timedelta]) -> Table:
    """The same table, with a site's own deadlines for the stages it names."""
    return tuple(replace(stage, deadline=deadlines.get(stage.name, stage.deadline)) for stage in table)


@dataclass(frozen=True, slots=True)
class Running:
    """The stage that runs now. `acted`: its action has succeeded. `refused`: its action can never succeed."""

    stage: str
    since: datetime
    acted: bool = False
    refused: bool = False
    try_again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Enter `stage` now."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class Act:
    """Do `action` now, on behalf of `stage`."""

    stage: Stage
    action: Action


@dataclass(frozen=True, slots=True)
class End:
    """Leave `stage` with `outcome`. `heals`: it had ended badly before."""

    stage: Stage
    outcome: Outcome
    heals: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until`, unless a fact changes."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Halted:
    """`stage` has ended badly; only a late success or a retry moves the job on."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class Finished:
    """Every stage has ended well."""


Step = Start | Act | End | Wait | Halted | Finished


def next_step(table: Table, ended: Mapping[str, Outcome], running: Running | None, facts: Facts, now: datetime) -> Step:
    """The one thing to do next.

    `ended` holds the outcome of each stage that has ended. Success is looked at before failure and before the
    clock, so a late success heals a stage that failed or was overdue. Nothing is overdue on facts that are older than
    its deadline: what MAAS did meanwhile is not known yet.
    """
    stage = next((stage for stage in table if ended.get(stage.name) not in ENDED_WELL), None)
    if stage is None:
        return Finished()
    if stage.name in ended:
        return End(stage, Outcome.DONE, heals=True) if stage.done(facts) else Halted(stage)
    if stage.waived(facts):
        return End(stage, Outcome.WAIVED)
    if running is None or running.stage != stage.name:
        return Start(stage)
    if stage.done(facts) and (running.acted or not stage.must_act(facts)):
        return End(stage, Outcome.DONE)
    if running.refused or stage.failed(facts):
        return End(stage, Outcome.FAILED)
    return _act_or_wait(stage, running, facts, now)


def _act_or_wait(stage: Stage, running: Running, facts: Facts, now: datetime) -> Step:
    overdue_at = running.since + stage.deadline
    if now >= overdue_at:
        unknown = stage.seen_by_maas and facts.known_until is not None and facts.known_until < overdue_at
        return Wait(now + LOOK_AGAIN) if unknown else End(stage, Outcome.OVERDUE)
    if stage.action is None or running.acted or not stage.acts(facts):
        return Wait(overdue_at)
    if running.try_again_at is not None and now < running.try_again_at:
        return Wait(min(running.try_again_at, overdue_at))
    return Act(stage, stage.action)


def restart_at(table: Table, failed: str) -> str:
    """The stage a retry begins with when `failed` has ended badly."""
    stage = next(stage for stage in table if stage.name == failed)
    return table[0].name if stage.retry is Retry.RESUBMIT else failed
