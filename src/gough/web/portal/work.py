"""The queue: what waits and for what, what runs, how full each region is; pausing all of it, and going on."""

from gough.domain.errors import Conflict, Invalid
from gough.domain.permissions import Permission
from gough.services import admission, queue, timeline
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal.forms import complaint, pause_reason
from gough.web.portal.page import page


@operation("GET /work", permission=Permission.VIEW, summary="The queue.", is_page=True)
def shown(request: Request) -> Answer:
    return _draw(request, "work.html")


@operation("GET /live/work", permission=Permission.VIEW, summary="The queue's part that changes.", is_page=True)
def shown_live(request: Request) -> Answer:
    return _draw(request, "_work.html")


@operation(
    "POST /work/pause", permission=Permission.MANAGE, raises=(Conflict, Invalid), is_page=True,
    summary="Begin no more jobs; what runs goes on.",
)  # fmt: skip
def pause(request: Request) -> Answer:
    try:
        reason = pause_reason(request)
    except Invalid as error:
        return _draw(request, "work.html", error)
    admission.pause(request.use, by=request.by, reason=reason)
    return redirect("/work")


@operation(
    "POST /work/resume", permission=Permission.MANAGE, raises=(Conflict,), summary="Begin jobs again.", is_page=True
)  # fmt: skip
def resume(request: Request) -> Answer:
    admission.resume(request.use)
    return redirect("/work")


def _draw(request: Request, template: str, error: Invalid | None = None) -> Answer:
    said = complaint(error, {"/reason": "reason"})
    with request.use.database.read() as session:
        places, position = queue.places(session), timeline.stream_position(session)
        waiting = [(job, queue.held(job)) for job in queue.waiting(session)]
        running = queue.running(session)
        return page(
            request, template, status=said.status, session=session, places=places, waiting=waiting, running=running,
            most=queue.MOST, said=said, reason=request.form.get("reason", ""), position=position,
        )  # fmt: skip
