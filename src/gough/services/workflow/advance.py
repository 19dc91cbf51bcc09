"""The one loop that moves every job. Anybody may call it, any number of times, and die anywhere in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import case, literal, update
from sqlalchemy.orm import Session

from gough.domain.errors import GoughError, LeaseLost
from gough.domain.stages import (
    TABLES,
    Act,
    End,
    Finished,
    Halted,
    JobKind,
    Outcome,
    Running,
    Start,
    Step,
    Table,
    Wait,
    next_step,
    with_deadlines,
)  # fmt: skip
from gough.persistence.models import Job, JobStep
from gough.persistence.types import Utc
from gough.services import admission
from gough.services.context import Use
from gough.services.workflow import journal
from gough.services.workflow.actions import ACTIONS, NotYet, abandon
from gough.services.workflow.claim import Claim
from gough.services.workflow.facts import facts_of

log = structlog.get_logger()


def advance(use: Use, claim: Claim) -> None:
    """Take every step that can be taken now, then let the job sleep until its next moment."""
    try:
        while (step := _decide(use, claim)) is not None:
            match step:
                case Act():
                    _act(use, claim, step)
                case Cancel():
                    _cancel(use, claim)
    except LeaseLost:
        log.info("lease lost", job=claim.job_id)
        return
    claim.release()


@dataclass(frozen=True, slots=True)
class Cancel:
    """Somebody asked for the job to stop."""


def _decide(use: Use, claim: Claim) -> Step | Cancel | None:
    """One look, one decision, one commit. None when the job sleeps or has ended."""
    with claim.transaction() as session:
        job = session.get_one(Job, claim.job_id)
        now = use.database.now(session)
        if job.state == "cancelled" or job.superseded:
            job.wake_at = None
            return None
        if job.cancel_requested_by is not None and job.state in ("queued", "running"):
            return Cancel()
        seen = job.signals
        if job.state == "queued" and (held := admission.hold(session, job, now)) is not None:
            journal.held(session, job, held.reason, now)
            session.flush()
            _sleep(session, job, until=held.until, seen=seen, now=now)
            return None
        step = next_step(_table(use, job), _ended(job), _running(job), facts_of(session, job), now)
        _record(session, job, step, now)
        if isinstance(step, Start | Act | End):
            return step
        session.flush()
        _sleep(session, job, until=step.until if isinstance(step, Wait) else None, seen=seen, now=now)
        return None


def _record(session: Session, job: Job, step: Step, now: datetime) -> None:
    match step:
        case Start(stage):
            journal.started(session, job, stage, now)
        case End(stage, (Outcome.DONE | Outcome.WAIVED) as outcome, heals):
            journal.ended_well(session, job, stage, outcome, heals=heals, now=now)
        case End(stage, outcome):
            journal.ended_badly(session, job, stage, outcome, now)
        case Finished() if job.state != "done":
            journal.finished(session, job, now)
        case Finished() | Halted() | Wait() | Act():
            pass


def _act(use: Use, claim: Claim, step: Act) -> None:
    """Do the stage's action. Its success is recorded by the action itself, together with what it learned."""
    try:
        ACTIONS[step.action](use, claim, step.stage.name)
    except NotYet as reason:
        with claim.transaction() as session:
            job = session.get_one(Job, claim.job_id)
            journal.step_of(job, step.stage.name).try_again_at = use.database.now(session) + reason.wait
    except LeaseLost:
        raise
    except GoughError as error:
        log.warning("action failed", job=claim.job_id, action=step.action.value, error=str(error))
        with claim.transaction() as session:
            job = session.get_one(Job, claim.job_id)
            journal.action_failed(session, job, step.stage, error, use.database.now(session))


def _cancel(use: Use, claim: Claim) -> None:
    """Stop MAAS if that can be done; the job ends as cancelled either way, and says so."""
    said = ""
    try:
        abandon(use, claim)
    except LeaseLost:
        raise
    except GoughError as error:
        said = f"MAAS could not be stopped: {error}"
    with claim.transaction() as session:
        job = session.get_one(Job, claim.job_id)
        journal.cancelled(session, job, use.database.now(session), said)


def _sleep(session: Session, job: Job, *, until: datetime | None, seen: int, now: datetime) -> None:
    """Sleep, unless something happened since the facts were read."""
    wake_at = case((Job.signals == seen, literal(until, Utc())), else_=literal(now, Utc()))
    session.execute(
        update(Job).where(Job.id == job.id).values(wake_at=wake_at),
        execution_options={"synchronize_session": False},
    )


def table_of(use: Use, kind: JobKind) -> Table:
    """The stage table of a kind of job, with this site's deadlines."""
    return with_deadlines(TABLES[kind], use.settings.deadlines)


def _table(use: Use, job: Job) -> Table:
    return table_of(use, JobKind(job.kind))


def _ended(job: Job) -> Mapping[str, Outcome]:
    return {step.name: Outcome(step.outcome) for step in job.steps if step.outcome}


def _running(job: Job) -> Running | None:
    step: JobStep | None = next((step for step in job.steps if step.state == "running"), None)
    if step is None or step.started_at is None:
        return None
    return Running(step.name, step.started_at, step.acted, step.refused, step.try_again_at)
