"""What may begin: pausing everything, going on, and a job that need not wait for its window."""

from pydantic import Field

from gough.domain.errors import Conflict, NotFound
from gough.domain.permissions import Permission
from gough.services import admission, jobs
from gough.web.api.answers.machines import Job
from gough.web.api.answers.site import Paused
from gough.web.api.machines import Strict, accepted
from gough.web.api.region_shape import pause_shape
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation


class Pause(Strict):
    reason: str = Field("", max_length=1000)


class Resume(Strict):
    """Nothing to say yet."""


class BeginNow(Strict):
    """Nothing to say yet."""


@operation(
    "GET /api/v1/jobs/paused", permission=Permission.VIEW, gives={200: Paused},
    summary="Whether Gough is paused, by whom and why.",
)  # fmt: skip
def paused(request: Request) -> Answer:
    return _shown(request)


@operation(
    "POST /api/v1/jobs/pause", permission=Permission.MANAGE, body=Pause, raises=(Conflict,), gives={200: Paused},
    summary="Begin no more jobs; what runs goes on.",
)  # fmt: skip
def pause(request: Request, body: Pause) -> Answer:
    admission.pause(request.use, by=request.by, reason=body.reason.strip())
    return _shown(request)


@operation(
    "POST /api/v1/jobs/resume", permission=Permission.MANAGE, body=Resume, raises=(Conflict,), gives={200: Paused},
    summary="Begin jobs again.",
)  # fmt: skip
def resume(request: Request, body: Resume) -> Answer:  # noqa: ARG001  (refuses unknown fields)
    admission.resume(request.use)
    return _shown(request)


@operation(
    "POST /api/v1/jobs/<job_id>/begin", permission=Permission.OPERATE, body=BeginNow, raises=(NotFound, Conflict),
    gives={202: Job},
    summary="Let a queued job begin outside its maintenance window.",
)  # fmt: skip
def begin(request: Request, job_id: str, body: BeginNow) -> Answer:  # noqa: ARG001  (refuses unknown fields)
    return accepted(request, jobs.begin_now(request.use, job_id, by=request.by))


def _shown(request: Request) -> Answer:
    with request.use.database.read() as session:
        found, now = admission.paused(session), request.use.database.now(session)
    return as_json({"paused": pause_shape(found, now)})
