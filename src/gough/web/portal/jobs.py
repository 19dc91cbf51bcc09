"""Jobs: the newest, one with its steps and log, cancelling and retrying."""

from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, GoughError, Invalid, NotFound, Problem
from gough.domain.permissions import Permission
from gough.domain.priorities import Priority
from gough.persistence.models import Job
from gough.services import jobs, keyset, queue, timeline
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal import columns
from gough.web.portal.actions import job_offers, wipes
from gough.web.portal.forms import require_typed
from gough.web.portal.page import page
from gough.web.portal.tables import as_file, every, is_file

FILE_ROWS = 500
PRIORITIES = tuple(priority.value for priority in Priority)
ASKING: tuple[type[GoughError], ...] = (NotFound, Conflict, Invalid)


@operation("GET /jobs", permission=Permission.VIEW, summary="The newest jobs.", is_page=True)
def listed(request: Request) -> Answer:
    if is_file(request):
        return as_file("jobs", columns.JOBS, every(request, _jobs))
    return _list(request, "jobs.html")


@operation("GET /live/jobs", permission=Permission.VIEW, summary="The list's part that changes.", is_page=True)
def listed_live(request: Request) -> Answer:
    return _list(request, "_jobs.html")


@operation("GET /jobs/<job_id>", permission=Permission.VIEW, summary="One job.", raises=(NotFound,), is_page=True)
def one(request: Request, job_id: str) -> Answer:
    return _draw(request, job_id, "job.html")


@operation(
    "GET /jobs/<job_id>/live", permission=Permission.VIEW, summary="The job's part that changes.", raises=(NotFound,),
    is_page=True,
)  # fmt: skip
def one_live(request: Request, job_id: str) -> Answer:
    return _draw(request, job_id, "_job.html")


@operation("POST /jobs/<job_id>/cancel", permission=Permission.OPERATE, summary="Cancel.", raises=ASKING, is_page=True)
def cancel(request: Request, job_id: str) -> Answer:
    job = jobs.cancel(request.use, job_id, by=request.by)
    return redirect(f"/machines/{job.machine_id}")


@operation("POST /jobs/<job_id>/retry", permission=Permission.OPERATE, summary="Retry.", raises=ASKING, is_page=True)
def retry(request: Request, job_id: str) -> Answer:
    with request.use.database.read() as session:
        job = jobs.find(session, job_id)
        confirmed = wipes(job)
        if confirmed:
            require_typed(request, job.machine)
    job = jobs.retry(request.use, job_id, by=request.by, confirm_wipe=confirmed)
    return redirect(f"/machines/{job.machine_id}")


@operation(
    "POST /jobs/<job_id>/begin", permission=Permission.OPERATE, raises=ASKING, is_page=True,
    summary="Let it begin outside its maintenance window.",
)  # fmt: skip
def begin(request: Request, job_id: str) -> Answer:
    return redirect(f"/jobs/{jobs.begin_now(request.use, job_id, by=request.by).id}")


@operation(
    "POST /jobs/<job_id>/priority", permission=Permission.OPERATE, raises=ASKING, is_page=True,
    summary="Let a queued job begin before, or after, others.",
)  # fmt: skip
def prioritise(request: Request, job_id: str) -> Answer:
    try:
        priority = Priority(request.form.get("priority", ""))
    except ValueError:
        words = ", ".join(PRIORITIES)
        raise Invalid("No such priority.", problems=[Problem("/priority", f"expected one of {words}")]) from None
    jobs.prioritise(request.use, job_id, priority, by=request.by)
    return redirect(f"/jobs/{job_id}")


def _list(request: Request, template: str) -> Answer:
    with request.use.database.read() as session:
        position = timeline.stream_position(session)
        return page(request, template, session=session, jobs=jobs.newest(session, limit=100), position=position)


def _jobs(session: Session, after: keyset.Key | None) -> tuple[list[Job], keyset.Key | None]:
    return keyset.page(
        session, keyset.JOBS, keyset.BY_CREATION[Job], after=after, limit=FILE_ROWS, descends=True
    )  # fmt: skip


def _draw(request: Request, job_id: str, template: str) -> Answer:
    with request.use.database.read() as session:
        job = jobs.find(session, job_id)
        position = timeline.stream_position(session)
        lines = jobs.log(session, job.id)
        waits = queue.waits(session, job, request.use.database.now(session))
        return page(
            request, template, session=session, job=job, lines=lines, waits_for=waits, position=position,
            offers=job_offers(job, request.known_caller), priorities=PRIORITIES,
        )  # fmt: skip
