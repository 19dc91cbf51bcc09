"""Writing down what a job did: its step rows, its log, the machine's timeline and service state. No commits here."""

from datetime import datetime
from random import random

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.agents import SILENT, AgentState
from gough.domain.diagnosis import Diagnosis, diagnose
from gough.domain.errors import GoughError
from gough.domain.machine_status import MachineStatus
from gough.domain.plain_text import plain
from gough.domain.retry import Backoff
from gough.domain.service_state import ServiceState
from gough.domain.stages import Outcome, Stage
from gough.domain.timeline import GoughEvent, Level, Source, TimelineEvent
from gough.persistence.models import Agent, Job, JobLog, JobStep
from gough.services import in_service, timeline
from gough.services.admission import next_in_line
from gough.services.machines import set_service

BACKOFF = Backoff()
log = structlog.get_logger()


def step_of(job: Job, name: str) -> JobStep:
    return next(step for step in job.steps if step.name == name)


def note(
    session: Session, job: Job, kind: GoughEvent, message: str, *, now: datetime, step: str | None = None,
    level: Level = Level.INFO,
) -> None:  # fmt: skip
    """One thing that happened: a line of the job's log and an event on the machine's timeline."""
    session.add(JobLog(job_id=job.id, at=now, level=level.value, step=step, message=plain(message)))
    log.info(kind.value, said=message, stage=step)
    event = TimelineEvent(Source.GOUGH, kind, message, now, level)
    timeline.record(session, job.machine_id, event, now=now, job_id=job.id)


def started(session: Session, job: Job, stage: Stage, now: datetime) -> None:
    step = step_of(job, stage.name)
    step.state, step.started_at, step.deadline_at = "running", now, now + stage.deadline
    if job.state != "running":
        job.state, job.started_at = "running", job.started_at or now
    set_service(job.machine, ServiceState.IN_PROGRESS, now=now, reason=f"{job.kind}: {stage.name}")
    note(session, job, GoughEvent.STAGE_STARTED, f"{stage.name} started", now=now, step=stage.name)


def held(session: Session, job: Job, why: str, now: datetime) -> None:
    """A queued job may not begin yet. Said once for each reason."""
    reason = f"{job.kind}: queued, {why}"
    if job.machine.reason != reason:
        session.add(JobLog(job_id=job.id, at=now, level=Level.INFO.value, step=None, message=f"waits: {why}"))
    set_service(job.machine, ServiceState.IN_PROGRESS, now=now, reason=reason)


def ended_well(session: Session, job: Job, stage: Stage, outcome: Outcome, *, heals: bool, now: datetime) -> None:
    step = step_of(job, stage.name)
    step.outcome, step.finished_at = outcome.value, now
    if outcome is Outcome.WAIVED and stage.waiver is not None:
        step.state, step.waived_by = "skipped", stage.waiver.policy
        said = f"{stage.name} skipped by policy '{stage.waiver.policy}'"
        note(session, job, GoughEvent.STAGE_SKIPPED, said, now=now, step=stage.name)
        return
    step.state, step.cause = "done", None
    if heals:
        job.state, job.finished_at, job.diagnosis = "running", None, None
        set_service(job.machine, ServiceState.IN_PROGRESS, now=now, reason=f"{job.kind}: {stage.name} healed")
        note(session, job, GoughEvent.STAGE_HEALED, f"{stage.name} succeeded late", now=now, step=stage.name)
    else:
        note(session, job, GoughEvent.STAGE_DONE, f"{stage.name} done", now=now, step=stage.name)


def ended_badly(session: Session, job: Job, stage: Stage, outcome: Outcome, now: datetime) -> None:
    """Close the stage with a diagnosis, and the job with it. It still listens for a late success."""
    session.flush()
    found = diagnose_job(session, job, stage.name, outcome)
    step = step_of(job, stage.name)
    step.state, step.outcome, step.finished_at, step.cause = "failed", outcome.value, now, found.cause
    job.state, job.finished_at = "failed", now
    next_in_line(session, job.machine.region_id, now)
    job.diagnosis = {
        "stage": found.stage, "cause": found.cause, "summary": found.summary,
        "evidence": list(found.evidence), "next_action": found.next_action,
    }  # fmt: skip
    how = "ran past its deadline" if outcome is Outcome.OVERDUE else "failed"
    said = f"{stage.name} {how}: {found.summary}"
    set_service(job.machine, ServiceState.ATTENTION, now=now, reason=said, next_action=found.next_action)
    note(session, job, GoughEvent.STAGE_FAILED, said, now=now, step=stage.name, level=Level.ERROR)


def diagnose_job(session: Session, job: Job, stage: str, outcome: Outcome) -> Diagnosis:
    """The diagnosis of the job's own part of the timeline."""
    events = timeline.history(session, job.machine_id, after_id=job.events_after)
    return diagnose(stage, outcome, timeline.as_domain(events))


def action_failed(session: Session, job: Job, stage: Stage, error: GoughError, now: datetime) -> None:
    """Try again later when that can help; otherwise the stage is refused and ends."""
    step = step_of(job, stage.name)
    step.attempts += 1
    if error.retryable:
        step.try_again_at = now + BACKOFF.delay(step.attempts, random())  # noqa: S311  (jitter, not a secret)
    else:
        step.refused = True
    note(session, job, GoughEvent.ACTION_FAILED, str(error), now=now, step=stage.name, level=Level.WARNING)


def finished(session: Session, job: Job, now: datetime) -> None:
    job.state, job.finished_at = "done", now
    next_in_line(session, job.machine.region_id, now)
    if job.deployment is None:
        _back_to_before(session, job, now)
        note(session, job, GoughEvent.JOB_DONE, f"{job.kind} done", now=now)
        return
    job.deployment.in_service_at = now
    waived = in_service.waived_in_words(job)
    set_service(job.machine, ServiceState.IN_SERVICE, now=now, reason=waived)
    note(session, job, GoughEvent.IN_SERVICE, "in service" + (f"; {waived}" if waived else ""), now=now)


def _back_to_before(session: Session, job: Job, now: datetime) -> None:
    """A machine that was tested while in service is so again, once its agent reports; others are out of service."""
    machine = job.machine
    served = in_service.served_by(session, machine.id)
    if served is None or served.deployment is None or machine.status != MachineStatus.DEPLOYED:
        set_service(machine, ServiceState.OUT, now=now)
        return
    states = session.scalars(select(Agent.state).where(Agent.deployment_id == served.deployment.id)).all()
    if AgentState.ONLINE in states:
        set_service(machine, ServiceState.IN_SERVICE, now=now, reason=in_service.waived_in_words(served))
        in_service.review(session, machine.id, now)
        return
    action = "Check that it has booted its own system again (MAAS: power); it is in service when its agent reports."
    reason = f"{SILENT} since the {job.kind}"
    set_service(machine, ServiceState.ATTENTION, now=now, reason=reason, next_action=action)


def cancelled(session: Session, job: Job, now: datetime, remark: str) -> None:
    job.state, job.finished_at, job.wake_at = "cancelled", now, None
    next_in_line(session, job.machine.region_id, now)
    for step in job.steps:
        if step.state == "running":
            step.state, step.finished_at, step.cause = "failed", now, "cancelled"
    who = job.cancel_requested_by or "somebody"
    set_service(job.machine, ServiceState.OUT, now=now, reason=f"{job.kind} cancelled by {who}")
    said = f"{job.kind} cancelled by {who}" + (f". {remark}" if remark else "")
    note(session, job, GoughEvent.JOB_CANCELLED, said, now=now)
