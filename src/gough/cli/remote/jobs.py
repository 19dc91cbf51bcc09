"""Jobs, and whether any may begin."""

from itertools import islice
from typing import Any

from gough.cli.remote.connecting import POLL_SECONDS, gough, when
from gough.domain.priorities import Priority
from gough.web.api.answers.machines import Job

__all__ = ["POLL_SECONDS"]


def newest(limit: int) -> list[dict[str, Any]]:
    return [_row(job) for job in islice(gough().jobs.list(limit=min(limit, 200)), limit)]


def one(job_id: str) -> dict[str, Any]:
    """With its `diagnosis` and `steps`."""
    job = gough().jobs.get(job_id)
    steps = [
        {"stage": s.name, "state": s.state, "started_at": when(s.started_at), "finished_at": when(s.finished_at),
         "deadline_at": when(s.deadline_at), "progress": s.progress, "cause": s.cause or s.waived_by}
        for s in job.steps
    ]  # fmt: skip
    return {**_row(job), "diagnosis": job.diagnosis, "steps": steps}


def progress(job_id: str, after: int) -> dict[str, Any]:
    """The state, when it began and ended, the diagnosis, and the `log`'s lines behind line `after`."""
    job = gough().jobs.get(job_id, log_after=after)
    return {
        "state": job.state, "started_at": when(job.started_at), "finished_at": when(job.finished_at),
        "diagnosis": job.diagnosis,
        "log": [{"id": each.id, "at": when(each.at), "message": each.message} for each in job.log],
    }  # fmt: skip


def cancel(job_id: str) -> None:
    gough().jobs.cancel(job_id)


def retry(job_id: str, *, confirm_wipe: bool) -> None:
    gough().jobs.retry(job_id, confirm_wipe=confirm_wipe)


def prioritise(job_id: str, priority: Priority) -> None:
    gough().jobs.prioritise(job_id, priority=priority)


def begin(job_id: str) -> None:
    gough().jobs.begin(job_id)


def pause(reason: str) -> None:
    gough().jobs.pause(reason=reason)


def resume() -> None:
    gough().jobs.resume()


def paused() -> tuple[str, float, str] | None:
    """By whom, for how many seconds, why; None while jobs begin."""
    found = gough().jobs.paused().paused
    return None if found is None else (found.by, found.seconds, found.reason)


def _row(job: Job) -> dict[str, Any]:
    stage = next((s.name for s in job.steps if s.state in ("running", "failed")), "")
    return {
        "id": job.id, "kind": job.kind, "machine": job.hostname, "state": job.state, "stage": stage,
        "priority": job.priority,
        "created_by": job.created_by, "created_at": when(job.created_at), "finished_at": when(job.finished_at),
    }  # fmt: skip
