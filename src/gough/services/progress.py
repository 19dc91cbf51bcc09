"""Where a stage is: a line beside it, from whoever knows (MAAS while it installs, cloud-init while it boots)."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gough.persistence.models import Job, JobStep

LONGEST = 200
BY_MAAS = ("install", "commission", "test", "erase", "release")
BY_CLOUD_INIT = ("first-boot",)


def tell(session: Session, machine_id: str, stages: tuple[str, ...], said: str) -> None:
    """For the machine's running job, if one of these stages runs. After the job's own row, whose lock comes first."""
    running = select(Job.id).where(Job.machine_id == machine_id, Job.state == "running").scalar_subquery()
    step = (JobStep.job_id == running, JobStep.state == "running", JobStep.name.in_(stages))
    told = update(JobStep).where(*step).values(progress=said[:LONGEST])
    session.execute(told, execution_options={"synchronize_session": False})
