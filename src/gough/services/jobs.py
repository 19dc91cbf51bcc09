"""Jobs: creating one for a machine, cancelling, retrying, reading its log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, NotFound
from gough.domain.priorities import RANKS, Priority, word_of
from gough.domain.service_state import ServiceState
from gough.domain.stages import ENDED_WELL, JobKind, Outcome, Retry, Table, restart_at
from gough.domain.timeline import PersonEvent, Source, TimelineEvent
from gough.persistence.models import ACTIVE, Job, JobLog, JobStep, Machine
from gough.services import audit, timeline, windows
from gough.services.admission import ANYTIME, next_in_line
from gough.services.context import Use
from gough.services.machines import set_service
from gough.services.waking import lock_machine
from gough.services.workflow import journal
from gough.services.workflow.advance import table_of


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done, and who they are."""

    kind: JobKind
    by: str
    parameters: dict[str, Any]
    said: str
    priority: Priority = Priority.NORMAL


def create(use: Use, session: Session, machine: Machine, wish: Wish) -> Job:
    """A job and its steps in the caller's transaction. Raises Conflict while another one works on the machine."""
    lock_machine(session, machine.id)
    now = use.database.now(session)
    require_idle(session, machine)
    session.execute(update(Job).where(Job.machine_id == machine.id).values(superseded=True, wake_at=None))
    job = Job(
        kind=wish.kind.value, machine=machine, parameters=wish.parameters, created_by=wish.by, created_at=now,
        wake_at=now, events_after=timeline.newest_id(session, machine.id), priority=RANKS[wish.priority],
        steps=[JobStep(name=s.name, position=i) for i, s in enumerate(table_of(use, wish.kind))],
    )  # fmt: skip
    session.add(job)
    hostname = machine.hostname  # a failed flush leaves the session unusable
    try:
        session.flush()
    except IntegrityError as error:  # somebody was faster between our look and our insert
        raise Conflict(f"{hostname} has just been given another job.") from error
    _person(session, job, PersonEvent.REQUESTED, wish.said, wish.by, now)
    set_service(machine, ServiceState.IN_PROGRESS, now=now, reason=f"{wish.kind.value}: queued")
    return job


def require_idle(session: Session, machine: Machine) -> None:
    """Raises Conflict while a job works on the machine."""
    busy = session.scalars(select(Job).where(Job.machine_id == machine.id, Job.state.in_(ACTIVE))).first()
    if busy is not None:
        raise Conflict(
            f"{machine.hostname} is busy with {busy.kind} {busy.id}.",
            hint=f"Wait for it, or cancel it: `gough job cancel {busy.id}`.",
        )


def cancel(use: Use, job_id: str, *, by: str) -> Job:
    """Ask a job to stop; it does at its next step. Raises NotFound, or Conflict when it has ended."""
    with use.database.write() as session:
        job, now = find(session, job_id), use.database.now(session)
        if job.state not in ACTIVE:
            raise Conflict(f"Job {job.id} has ended already: it is {job.state}.")
        job.cancel_requested_by, job.signals, job.wake_at = by, job.signals + 1, now
        _person(session, job, PersonEvent.CANCELLED, f"{job.kind} cancelled", by, now)
    use.waker.wake()
    return job


def begin_now(use: Use, job_id: str, *, by: str) -> Job:
    """Do not wait for the machine's maintenance window. Raises NotFound, or Conflict when it has begun already."""
    with use.database.write() as session:
        job, now = find(session, job_id), use.database.now(session)
        if job.state != "queued":
            raise Conflict(f"Job {job.id} does not wait: it is {job.state}.")
        if windows.opening(session, job.machine, now) is None:
            hint = "It waits for something else: `gough job log` says for what."
            raise Conflict(f"Job {job.id} does not wait for a maintenance window.", hint=hint)
        job.parameters = {**job.parameters, ANYTIME: True}
        job.signals, job.wake_at = job.signals + 1, now
        _person(session, job, PersonEvent.HURRIED, f"{job.kind} may begin outside its window", by, now)
    use.waker.wake()
    return job


def prioritise(use: Use, job_id: str, priority: Priority, *, by: str) -> Job:
    """Let a queued job begin before, or after, others. Raises NotFound, or Conflict when it has begun."""
    with use.database.write() as session:
        job, now = find(session, job_id), use.database.now(session)
        if job.state != "queued":
            raise Conflict(f"Job {job.id} does not wait: it is {job.state}.", hint="Only what waits can be moved.")
        before, job.priority = word_of(job.priority), RANKS[priority]
        audit.note(before={"priority": before}, after={"priority": priority.value})
        job.signals, job.wake_at = job.signals + 1, now
        _person(session, job, PersonEvent.PRIORITISED, f"{job.kind}: priority {priority.value}", by, now)
        session.flush()
        next_in_line(session, job.machine.region_id, now)  # who gave way to it may not have to any more
    use.waker.wake()
    return job


def give_up(use: Use, session: Session, job: Job, *, by: str) -> None:
    """End a job that only waits, in the caller's transaction: something else takes its place."""
    job.cancel_requested_by = by
    journal.cancelled(session, job, use.database.now(session), "")


def retry(use: Use, job_id: str, *, by: str, confirm_wipe: bool = False) -> Job:
    """Run a failed job again from the stage its table says.

    Raises Conflict when it has not failed, when a newer job has taken over, or when the retry would wipe the disks
    and that was not confirmed.
    """
    with use.database.write() as session:
        job, now = find(session, job_id), use.database.now(session)
        if job.state != "failed" or job.superseded:
            why = "a newer job has taken over" if job.superseded else f"it is {job.state}"
            raise Conflict(f"Job {job.id} cannot be retried: {why}.", hint="Only a failed job can.")
        table = table_of(use, JobKind(job.kind))
        failed = next(s.name for s in job.steps if s.outcome and Outcome(s.outcome) not in ENDED_WELL)
        _require_confirmation(job, table, failed, confirm_wipe)
        begin = restart_at(table, failed)
        if not _only_waits(table, failed):  # a new try is not explained by what happened to the last one
            job.events_after = timeline.newest_id(session, job.machine_id)
        _reset(job, begin, now)
        _person(session, job, PersonEvent.RETRIED, f"{job.kind} retried from {begin}", by, now)
        set_service(job.machine, ServiceState.IN_PROGRESS, now=now, reason=f"{job.kind}: retry from {begin}")
    use.waker.wake()
    return job


def _only_waits(table: Table, failed: str) -> bool:
    return next(stage for stage in table if stage.name == failed).retry is Retry.WAIT


def _require_confirmation(job: Job, table: Table, failed: str, confirmed: bool) -> None:
    stage = next(stage for stage in table if stage.name == failed)
    if job.kind == JobKind.DEPLOYMENT and stage.retry is Retry.RESUBMIT and not confirmed:
        raise Conflict(
            f"Retrying {failed} installs {job.machine.hostname} anew and wipes its disks.",
            hint="Confirm the wipe: `gough job retry --confirm-wipe`.",
        )


def _reset(job: Job, begin: str, now: datetime) -> None:
    """The job as it was before stage `begin`; what earlier stages achieved stays."""
    job.state, job.finished_at, job.diagnosis, job.cancel_requested_by = "running", None, None, None
    job.signals, job.wake_at = job.signals + 1, now
    start = next(step.position for step in job.steps if step.name == begin)
    for step in job.steps[start:]:
        step.state, step.outcome, step.cause, step.waived_by = "pending", None, None, None
        step.started_at = step.finished_at = step.deadline_at = step.try_again_at = None
        step.acted = step.refused = False
        step.attempts, step.progress = 0, ""
    if start == 0:
        job.submitted_at = None
    if start == 0 and job.deployment is not None:
        deployment = job.deployment
        deployment.submission += 1
        deployment.user_data_sha256, deployment.user_data_redacted, deployment.user_data_sealed = "", "", None
        deployment.findings = []
        deployment.cloud_init_finished_at = deployment.cloud_init_failed_at = None


def find(session: Session, job_id: str) -> Job:
    job = session.get(Job, job_id)
    if job is None:
        raise NotFound(f"There is no job '{job_id}'.", hint="`gough job list` shows the newest.")
    return job


def newest(session: Session, *, machine_id: str | None = None, limit: int = 50) -> list[Job]:
    query = select(Job)
    if machine_id is not None:
        query = query.where(Job.machine_id == machine_id)
    return list(session.scalars(query.order_by(Job.created_at.desc(), Job.id.desc()).limit(limit)))


def log(session: Session, job_id: str, *, after_id: int = 0, limit: int = 500) -> list[JobLog]:
    """Lines of a job's log behind line `after_id`, oldest first."""
    query = select(JobLog).where(JobLog.job_id == job_id, JobLog.id > after_id)
    return list(session.scalars(query.order_by(JobLog.id).limit(limit)))


def _person(session: Session, job: Job, kind: PersonEvent, said: str, by: str, now: datetime) -> None:
    event = TimelineEvent(Source.PERSON, kind, said, now, actor=by)
    timeline.record(session, job.machine_id, event, now=now, job_id=job.id)
