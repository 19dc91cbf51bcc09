"""A diagnosis that is made again, when what explains it comes to light after its stage has ended."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from gough.domain.service_state import ServiceState
from gough.domain.stages import Outcome
from gough.persistence.models import Job
from gough.services.machines import set_service
from gough.services.workflow import journal


def reconsider(session: Session, job: Job, stage: str, now: datetime) -> None:
    """Only a job that has failed at `stage` has a diagnosis to change."""
    if job.state != "failed" or job.superseded or not job.diagnosis or job.diagnosis["stage"] != stage:
        return
    step = journal.step_of(job, stage)
    assert step.outcome is not None, "a stage that failed has ended"
    found = journal.diagnose_job(session, job, stage, Outcome(step.outcome))
    step.cause, job.diagnosis = found.cause, asdict(found) | {"evidence": list(found.evidence)}
    if job.machine.service == ServiceState.ATTENTION and job.machine.reason.startswith(f"{stage} "):
        reason = f"{stage} failed: {found.summary}"
        set_service(job.machine, ServiceState.ATTENTION, now=now, reason=reason, next_action=found.next_action)
