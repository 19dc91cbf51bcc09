"""The queues that jobs wait in, and which action wants which."""

from collections.abc import Mapping

from sqlalchemy import exists, or_, update

from gough.domain.stages import Action
from gough.persistence.models import Job, JobStep
from gough.services.context import Use

DEFAULT, ANSIBLE = "default", "ansible"
QUEUE_OF: Mapping[Action, str] = {Action.RUN_PLAYBOOK: ANSIBLE}
"""What is not named is done wherever the job is."""


def give_back(use: Use) -> None:
    """Jobs for which nobody had time until their stage's deadline, or which were cancelled, wait for everybody again.

    Whoever takes them then ends the stage: no lack of workers of one kind may leave a job standing for ever.
    """
    with use.database.write() as session:
        now = use.database.now(session)
        running = (JobStep.job_id == Job.id, JobStep.state == "running", JobStep.deadline_at <= now)
        waits = (Job.queue != DEFAULT, Job.wake_at.is_not(None), or_(Job.lease_until.is_(None), Job.lease_until <= now))
        over = or_(Job.cancel_requested_by.is_not(None), exists().where(*running))
        given = update(Job).where(*waits, over).values(queue=DEFAULT, dispatched_at=None).returning(Job.id)
        found = session.execute(given, execution_options={"synchronize_session": False}).first()
    if found is not None:
        use.waker.wake()
