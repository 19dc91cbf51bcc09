"""The one loop that moves every job. Anybody may call it, any number of times, and die anywhere in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import case, literal, update
from sqlalchemy.orm import Session
from structlog.contextvars import bind_contextvars, bound_contextvars

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
    Stage,
    Start,
    Step,
    Table,
    Wait,
    next_step,
    with_deadlines,
)  # fmt: skip
from gough.persistence.models import Job, JobStep
from gough.persistence.types import Utc
from gough.services import admission, consoles
from gough.services.context import Use
from gough.services.workflow import journal
from gough.services.workflow.actions import ACTIONS, NotYet, abandon
from gough.services.workflow.claim import Claim, Record
from gough.services.workflow.facts import facts_of
from gough.services.workflow.queues import DEFAULT, QUEUE_OF

log = structlog.get_logger()


def advance(use: Use, claim: Claim) -> None:
    """Take every step that can be taken now, then let the job sleep until its next moment, or wait in its queue."""
    learned: Record | None = None
    with bound_contextvars(job_id=claim.job_id, machine_id=None):  # the second is known in a moment
        try:
            while (step := _decide(use, claim, learned)) is not None:
                if isinstance(step, Elsewhere):
                    use.waker.wake()
                    return
                learned = _act(use, claim, step) if isinstance(step, Act) else _cancel(use, claim)
        except LeaseLost:
            log.info("lease lost")


@dataclass(frozen=True, slots=True)
class Cancel:
    """Somebody asked for the job to stop."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The next action belongs into another queue, where the job waits from now on."""


def _decide(use: Use, claim: Claim, learned: Record | None) -> Act | Cancel | Elsewhere | None:
    """One look, one commit: what the last action did, and every step up to the next outside effect.

    None when the job sleeps or has ended.
    """
    with claim.transaction() as session:
        job, now = claim.job(session), claim.now(session)
        bind_contextvars(machine_id=job.machine_id)
        if learned is not None:
            learned(session, job, now)
            session.flush()
            session.refresh(job, ["signals"])  # what it learned has rung for this job too
        if job.state == "cancelled" or job.superseded:
            _rest(session, job, wake_at=None)
            return None
        if job.cancel_requested_by is not None and job.state in ("queued", "running"):
            return Cancel()
        seen = job.signals
        if job.state == "queued" and (held := admission.hold(session, job, now)) is not None:
            journal.held(session, job, held.reason, now)
            _sleep(session, job, until=held.until, seen=seen, now=now)
            return None
        step = _walk(use, session, job, now)
        if isinstance(step, Act) and (queue := QUEUE_OF.get(step.action, job.queue)) != job.queue:
            job.queue = queue
            _sleep(session, job, until=now, seen=seen, now=now)
            return Elsewhere()
        if isinstance(step, Act):
            return step
        job.queue = DEFAULT
        _sleep(session, job, until=step.until if isinstance(step, Wait) else None, seen=seen, now=now)
        return None


def _walk(use: Use, session: Session, job: Job, now: datetime) -> Step:
    """Record steps for as long as they follow from the same facts; the one that does not."""
    table, facts = _table(use, job), facts_of(session, job)
    while True:
        step = next_step(table, _ended(job), _running(job), facts, now)
        if isinstance(step, End) and step.outcome is Outcome.OVERDUE:
            consoles.quote(use, session, job, now)
        _record(session, job, step, now)
        if not isinstance(step, Start | End):
            return step


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


def _act(use: Use, claim: Claim, step: Act) -> Record:
    """Do the stage's action; what there is to record of it."""
    try:
        return ACTIONS[step.action](use, claim, step.stage.name)
    except NotYet as reason:
        return _put_off(step.stage.name, reason.wait)
    except LeaseLost:
        raise
    except GoughError as error:
        log.warning("action failed", action=step.action.value, error=str(error))
        return _failed(step.stage, error)


def _put_off(stage: str, wait: timedelta) -> Record:
    def record(_session: Session, job: Job, now: datetime) -> None:
        journal.step_of(job, stage).try_again_at = now + wait

    return record


def _failed(stage: Stage, error: GoughError) -> Record:
    return lambda session, job, now: journal.action_failed(session, job, stage, error, now)


def _cancel(use: Use, claim: Claim) -> Record:
    """Stop MAAS if that can be done; the job ends as cancelled either way, and says so."""
    said = ""
    try:
        abandon(use, claim)
    except LeaseLost:
        raise
    except GoughError as error:
        said = f"MAAS could not be stopped: {error}"
    return lambda session, job, now: journal.cancelled(session, job, now, said)


def _sleep(session: Session, job: Job, *, until: datetime | None, seen: int, now: datetime) -> None:
    """Sleep, unless something happened since the facts were read."""
    _rest(session, job, wake_at=case((Job.signals == seen, literal(until, Utc())), else_=literal(now, Utc())))


def _rest(session: Session, job: Job, *, wake_at: Any) -> None:
    """The lease ends in the same commit, and the message that brought the job here is used up."""
    session.flush()
    session.execute(
        update(Job)
        .where(Job.id == job.id)
        .values(wake_at=wake_at, lease_until=None, lease_owner=None, dispatched_at=None),
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
