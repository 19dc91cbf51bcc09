"""`--wait`: follow a job in the terminal until it ends."""

import sys
import time

from gough.domain.errors import Unavailable
from gough.persistence.models import Job
from gough.services import jobs
from gough.services.context import Use

POLL_SECONDS = 0.5
UNTOUCHED_SECONDS = 15


def follow(use: Use, job_id: str, *, timeout: float) -> Job:
    """Print each line of the job's log as it comes; the job as it ended. Raises Unavailable at the timeout."""
    started, line = time.monotonic(), 0
    while True:
        with use.database.read() as session:
            for entry in jobs.log(session, job_id, after_id=line):
                print(f"{entry.at:%H:%M:%S}  {entry.message}", file=sys.stderr)
                line = entry.id
            job = jobs.find(session, job_id)
        waited = time.monotonic() - started
        if job.finished_at is not None:
            return job
        if job.started_at is None and waited > UNTOUCHED_SECONDS:
            raise Unavailable("worker", f"no worker has taken job {job_id}", hint="Is `gough serve` running?")
        if waited > timeout:
            raise Unavailable("job", f"job {job_id} goes on", hint=f"Follow it with `gough job log {job_id} --wait`.")
        time.sleep(POLL_SECONDS)
