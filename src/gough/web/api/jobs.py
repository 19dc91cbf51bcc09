"""Jobs: listing, one with its log, cancelling, retrying, letting begin before others."""

from typing import Literal

from pydantic import Field

from gough.domain.errors import Conflict, NotFound
from gough.domain.permissions import Permission
from gough.domain.priorities import Priority
from gough.persistence.models import Job as JobRow
from gough.services import jobs
from gough.services.keyset import JOBS
from gough.web.api import shapes
from gough.web.api.answers.machines import Job, JobPage, JobWithLog
from gough.web.api.machines import Strict, accepted
from gough.web.api.paging import ListQuery, as_page, in_creation_order
from gough.web.declaration import BODY, Query
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation


class CancelJob(Strict):
    """Nothing to say yet."""


class RetryJob(Strict):
    confirm_wipe: bool = False


class PrioritiseJob(Strict):
    priority: Literal["low", "normal", "high", "urgent"]


class JobsQuery(ListQuery):
    sort: Literal["-created_at", "created_at"] = "-created_at"


class LogQuery(Query):
    log_after: int = Field(0, ge=0, le=2**62, description="Only the log's lines behind this one, by its id.")


@operation("GET /api/v1/jobs", permission=Permission.VIEW, query=JobsQuery, gives={200: JobPage}, summary="Jobs.")
def listed(request: Request, query: JobsQuery) -> Answer:
    with request.use.database.read() as session:
        found, key = in_creation_order(session, JOBS, JobRow, query)
        return as_page([shapes.a_job(job) for job in found], JobPage, query, key)


@operation(
    "GET /api/v1/jobs/<job_id>", permission=Permission.VIEW, query=LogQuery, gives={200: JobWithLog}, edited=BODY,
    raises=(NotFound,), summary="A job and its log.",
)  # fmt: skip
def one(request: Request, job_id: str, query: LogQuery) -> Answer:
    with request.use.database.read() as session:
        job = jobs.find(session, job_id)
        lines = jobs.log(session, job.id, after_id=query.log_after)
        return as_json({**shapes.a_job(job), "log": [shapes.log_line(line) for line in lines]})


@operation(
    "POST /api/v1/jobs/<job_id>/cancel", permission=Permission.OPERATE, body=CancelJob, summary="Stop a job.",
    raises=(NotFound, Conflict), gives={202: Job},
)  # fmt: skip
def cancel(request: Request, job_id: str, body: CancelJob) -> Answer:  # noqa: ARG001  (refuses unknown fields)
    return accepted(request, jobs.cancel(request.use, job_id, by=request.by))


@operation(
    "POST /api/v1/jobs/<job_id>/retry", permission=Permission.OPERATE, body=RetryJob, summary="Run a failed job again.",
    raises=(NotFound, Conflict), gives={202: Job},
)  # fmt: skip
def retry(request: Request, job_id: str, body: RetryJob) -> Answer:
    return accepted(request, jobs.retry(request.use, job_id, by=request.by, confirm_wipe=body.confirm_wipe))


@operation(
    "POST /api/v1/jobs/<job_id>/priority", permission=Permission.OPERATE, body=PrioritiseJob,
    raises=(NotFound, Conflict), gives={202: Job}, summary="Let a queued job begin before, or after, others.",
)  # fmt: skip
def prioritise(request: Request, job_id: str, body: PrioritiseJob) -> Answer:
    return accepted(request, jobs.prioritise(request.use, job_id, Priority(body.priority), by=request.by))
