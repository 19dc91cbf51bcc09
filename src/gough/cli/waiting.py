"""`--wait`: follow a job in the terminal until it ends."""

import sys
import time
from typing import Any

from gough.cli.choice import backend
from gough.domain.errors import Unavailable

UNTOUCHED_SECONDS = 15


def follow(job_id: str, *, timeout: float) -> dict[str, Any]:
    """Print each line of the job's log as it comes; the job as it ended. Raises Unavailable at the timeout."""
    jobs = backend("jobs")
    started, line = time.monotonic(), 0
    while True:
        job: dict[str, Any] = jobs.progress(job_id, line)
        for entry in job["log"]:
            print(f"{entry['at']:%H:%M:%S}  {entry['message']}", file=sys.stderr)
            line = entry["id"]
        waited = time.monotonic() - started
        if job["finished_at"] is not None:
            return job
        if job["started_at"] is None and waited > UNTOUCHED_SECONDS:
            raise Unavailable("worker", f"no worker has taken job {job_id}", hint="Is `gough serve` running?")
        if waited > timeout:
            raise Unavailable("job", f"job {job_id} goes on", hint=f"Follow it with `gough job log {job_id} --wait`.")
        time.sleep(jobs.POLL_SECONDS)
