"""Jobs: listing, one with its log, cancelling, retrying."""

from gough.domain.errors import Conflict, Invalid, NotFound
from gough.domain.permissions import Permission
from gough.services import jobs
from gough.web.api import shapes
from gough.web.api.machines import Strict, accepted
from gough.web.api.paging import integer
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation


class Cancel(Strict):
    """Nothing to say yet."""


class Retry(Strict):
    confirm_wipe: bool = False


@operation("GET /api/v1/jobs", permission=Permission.VIEW, summary="The newest jobs.", raises=(Invalid,))
def listed(request: Request) -> Answer:
    limit = integer(request.query, "limit", 50, 1, 200)
    with request.use.database.read() as session:
        return as_json({"items": [shapes.a_job(job) for job in jobs.newest(session, limit=limit)]})


@operation("GET /api/v1/jobs/<job_id>", permission=Permission.VIEW, summary="A job and its log.", raises=(NotFound,))
def one(request: Request, job_id: str) -> Answer:
    after = integer(request.query, "log_after", 0, 0, 2**62)
    with request.use.database.read() as session:
        job = jobs.find(session, job_id)
        lines = jobs.log(session, job.id, after_id=after)
        return as_json({**shapes.a_job(job), "log": [shapes.log_line(line) for line in lines]})


@operation(
    "POST /api/v1/jobs/<job_id>/cancel", permission=Permission.OPERATE, body=Cancel, summary="Stop a job.",
    raises=(NotFound, Conflict),
)  # fmt: skip
def cancel(request: Request, job_id: str, body: Cancel) -> Answer:  # noqa: ARG001  (refuses unknown fields)
    return accepted(request, jobs.cancel(request.use, job_id, by=request.by))


@operation(
    "POST /api/v1/jobs/<job_id>/retry", permission=Permission.OPERATE, body=Retry, summary="Run a failed job again.",
    raises=(NotFound, Conflict),
)  # fmt: skip
def retry(request: Request, job_id: str, body: Retry) -> Answer:
    return accepted(request, jobs.retry(request.use, job_id, by=request.by, confirm_wipe=body.confirm_wipe))
