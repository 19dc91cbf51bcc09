"""The action of stage configure: one run of the playbook, told in the timeline while it goes on.

Roles are idempotent, so a run that was lost with its worker is simply begun again.
"""

from datetime import datetime
from random import random
from time import monotonic

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from gough.domain.errors import GoughError, Misconfigured
from gough.domain.plain_text import plain
from gough.domain.plays import recap_in_words
from gough.domain.timeline import AnsibleEvent, Level, Source, TimelineEvent
from gough.persistence.models import Job, PlaybookRun
from gough.ports import Play, Played, PlayEnd, TaskOutcome, TaskResult
from gough.services import playbooks, timeline
from gough.services.context import Use
from gough.services.workflow import journal
from gough.services.workflow.claim import Claim, Record

log = structlog.get_logger()
LOOK_SECONDS = 2.0  # how often a run looks whether it shall end
MOST_TOLD = 100  # tasks of one run in the timeline
KINDS = {
    TaskOutcome.CHANGED: (AnsibleEvent.TASK_CHANGED, Level.DEBUG),
    TaskOutcome.FAILED: (AnsibleEvent.TASK_FAILED, Level.ERROR),
    TaskOutcome.UNREACHABLE: (AnsibleEvent.UNREACHABLE, Level.WARNING),
}


def run_playbook(use: Use, claim: Claim, stage: str) -> Record:
    """An unreachable machine is tried again until the deadline.

    Raises Unavailable where Ansible cannot be begun, and Misconfigured where it is switched off.
    """
    if use.configurator is None:
        hint = "Start every process that moves jobs with GOUGH_ANSIBLE=true, then retry."
        raise Misconfigured("This process runs no playbooks: Ansible is switched off here.", hint=hint)
    play, run_id, deadline = _begin(use, claim, stage)
    telling = _Telling(claim, run_id)
    played = use.configurator.play(play, telling.heard, _Watch(claim, deadline))
    return _ended(stage, run_id, played, telling.last)


def _begin(use: Use, claim: Claim, stage: str) -> tuple[Play, str, datetime | None]:
    with claim.transaction() as session:
        job, now = claim.job(session), claim.now(session)
        deployment = job.deployment
        assert deployment is not None
        lost = (PlaybookRun.deployment_id == deployment.id, PlaybookRun.state == "running")
        session.execute(update(PlaybookRun).where(*lost).values(state="lost", finished_at=now))
        run = PlaybookRun(
            machine_id=job.machine_id, deployment_id=deployment.id, playbook=deployment.playbook, started_at=now
        )
        session.add(run)
        session.flush()
        _tell(session, job, AnsibleEvent.PLAY_STARTED, f"playbook {deployment.playbook} started", Level.INFO, now)
        return playbooks.play_of(use, session, job), run.id, journal.step_of(job, stage).deadline_at


class _Telling:
    """Writes what tasks came to into the timeline. `last` is what ended the run."""

    def __init__(self, claim: Claim, run_id: str) -> None:
        self._claim, self._run_id, self._told = claim, run_id, 0
        self.last = ""

    def heard(self, result: TaskResult) -> None:
        said = f"{result.task}: {result.said}" if result.said else result.task
        if result.outcome is not TaskOutcome.CHANGED:
            self.last = said
        elif self._told >= MOST_TOLD:
            return
        self._told += 1
        kind, level = KINDS[result.outcome]
        try:
            with self._claim.transaction() as session:
                _tell(session, self._claim.job(session), kind, said, level, self._claim.now(session))
        except GoughError as error:  # the run goes on: what it came to is recorded at its end
            log.warning("task not told", error=str(error))


class _Watch:
    """Whether the run shall end: its job was cancelled, its time is over, or somebody else has the job now."""

    def __init__(self, claim: Claim, deadline: datetime | None) -> None:
        self._claim, self._deadline, self._next_look = claim, deadline, 0.0

    def __call__(self) -> bool:
        if monotonic() < self._next_look:
            return False
        self._next_look = monotonic() + LOOK_SECONDS
        try:
            with self._claim.database.read() as session:
                job, now = session.get_one(Job, self._claim.job_id), self._claim.database.now(session)
                ours = job.lease_token == self._claim.token
                late = self._deadline is not None and now >= self._deadline
                return late or not ours or job.cancel_requested_by is not None or job.state != "running"
        except GoughError as error:
            log.warning("run not watched", error=str(error))
            return False


def _ended(stage: str, run_id: str, played: Played, last: str) -> Record:
    def record(session: Session, job: Job, now: datetime) -> None:
        run = session.get_one(PlaybookRun, run_id)
        run.state, run.finished_at, run.recap = played.end.value, now, dict(played.recap)
        run.said = plain(last or played.said)
        step = journal.step_of(job, stage)
        level = Level.INFO if played.end is PlayEnd.CONVERGED else Level.WARNING
        words = [f"playbook {run.playbook}: {played.end.value}"]
        words += [recap_in_words(played.recap)] if played.recap else []
        words += [run.said] if run.said and not last else []  # no task has told it
        _tell(session, job, AnsibleEvent.PLAY_ENDED, "; ".join(words), level, now)
        if played.end is PlayEnd.UNREACHABLE:
            step.attempts += 1
            step.try_again_at = now + journal.BACKOFF.delay(step.attempts, random())  # noqa: S311  (jitter)
        step.acted = played.end in (PlayEnd.CONVERGED, PlayEnd.FAILED)

    return record


def _tell(session: Session, job: Job, kind: AnsibleEvent, said: str, level: Level, now: datetime) -> None:
    event = TimelineEvent(Source.ANSIBLE, kind, plain(said), now, level)
    timeline.record(session, job.machine_id, event, now=now, job_id=job.id)
