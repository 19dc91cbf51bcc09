"""Jobs, and whether any may begin."""

from datetime import datetime
from typing import Any

from gough.cli import embedded
from gough.domain.priorities import Priority, word_of
from gough.persistence.models import Job
from gough.services import admission, jobs

POLL_SECONDS = 0.5


def newest(limit: int) -> list[dict[str, Any]]:
    with embedded.use().database.read() as session:
        return [_row(job) for job in jobs.newest(session, limit=limit)]


def one(job_id: str) -> dict[str, Any]:
    """With its `diagnosis` and `steps`."""
    with embedded.use().database.read() as session:
        job = jobs.find(session, job_id)
        steps = [
            {"stage": s.name, "state": s.state, "started_at": s.started_at, "finished_at": s.finished_at,
             "deadline_at": s.deadline_at, "progress": s.progress, "cause": s.cause or s.waived_by}
            for s in job.steps
        ]  # fmt: skip
        return {**_row(job), "diagnosis": job.diagnosis, "steps": steps}


def progress(job_id: str, after: int) -> dict[str, Any]:
    """The state, when it began and ended, the diagnosis, and the `log`'s lines behind line `after`."""
    with embedded.use().database.read() as session:
        job = jobs.find(session, job_id)
        lines = jobs.log(session, job.id, after_id=after)
        return {
            "state": job.state, "started_at": job.started_at, "finished_at": job.finished_at,
            "diagnosis": job.diagnosis,
            "log": [{"id": each.id, "at": each.at, "message": each.message} for each in lines],
        }  # fmt: skip


def cancel(job_id: str) -> None:
    jobs.cancel(embedded.use(), job_id, by=embedded.me())


def retry(job_id: str, *, confirm_wipe: bool) -> None:
    jobs.retry(embedded.use(), job_id, by=embedded.me(), confirm_wipe=confirm_wipe)


def prioritise(job_id: str, priority: Priority) -> None:
    jobs.prioritise(embedded.use(), job_id, priority, by=embedded.me())


def begin(job_id: str) -> None:
    jobs.begin_now(embedded.use(), job_id, by=embedded.me())


def pause(reason: str) -> None:
    admission.pause(embedded.use(), by=embedded.me(), reason=reason)


def resume() -> None:
    admission.resume(embedded.use())


def paused() -> tuple[str, float, str] | None:
    """By whom, for how many seconds, why; None while jobs begin."""
    with embedded.use().database.read() as session:
        found, now = admission.paused(session), embedded.use().database.now(session)
    return None if found is None else (found.by, _seconds(found.at, now), found.reason)


def _seconds(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds()


def _row(job: Job) -> dict[str, Any]:
    stage = next((s.name for s in job.steps if s.state in ("running", "failed")), "")
    return {
        "id": job.id, "kind": job.kind, "machine": job.machine.hostname, "state": job.state, "stage": stage,
        "priority": word_of(job.priority).value,
        "created_by": job.created_by, "created_at": job.created_at, "finished_at": job.finished_at,
    }  # fmt: skip
