"""What MAAS shows of a machine's progress, beside the machine and the stage that runs on it: many at once."""

from collections.abc import Mapping

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gough.persistence.models import Job, JobStep, Machine
from gough.services.progress import BY_MAAS, LONGEST


def show(session: Session, said: Mapping[str, str]) -> None:
    """`said`: {machine's id: words}. Machines are locked before their steps, as everybody does."""
    if not said:
        return
    session.execute(update(Machine), [{"id": id_, "status_message": words} for id_, words in sorted(said.items())])
    running = (
        select(JobStep.job_id, JobStep.name, Job.machine_id)
        .join(Job, Job.id == JobStep.job_id)
        .where(Job.machine_id.in_(said), Job.state == "running")
        .where(JobStep.state == "running", JobStep.name.in_(BY_MAAS))
        .with_for_update(of=JobStep)
    )
    told = [
        {"job_id": row.job_id, "name": row.name, "progress": said[row.machine_id][:LONGEST]}
        for row in session.execute(running)
    ]
    if told:
        session.execute(update(JobStep), told)
