"""What people and their programs change is written into the audit log, here, for every operation at once."""

from collections.abc import Callable

from gough.domain.permissions import Permission
from gough.services import audit
from gough.services.audit import Recording
from gough.web.declaration import SAFE, Open, Operation
from gough.web.message import Answer, Request
from gough.web.replay import REPEATED

UNRECORDED = frozenset({"/theme"})  # changes the browser, not Gough
QUIET = frozenset({"/api/v1/auth/refresh"})  # every quarter of an hour; only what went wrong is news


def recorded(found: Operation, request: Request, parts: dict[str, str], act: Callable[[], Answer]) -> Answer:
    """The answer of `act`, with an entry for what it changed, was refused, or failed at."""
    if not _is_change(found, request):
        return act()
    caller = request.caller
    with audit.recording(
        request.use, f"{found.method} {found.path}", actor=caller.name if caller else "",
        via=f"{caller.via} {caller.credential}".strip() if caller else "", target=", ".join(parts.values()),
        address=request.address,
    ) as entry:  # fmt: skip
        answer = act()
        entry.outcome = audit.DONE if answer.status < 400 else f"HTTP_{answer.status}"
        entry.wanted = _is_news(found, answer, entry)
        return answer


def _is_change(found: Operation, request: Request) -> bool:
    """Reports of machines are in the timeline. Who is nobody cannot fill the log, but with tries to sign in."""
    if found.method in SAFE or found.path in UNRECORDED:
        return False
    return request.caller is not None if isinstance(found.guard, Permission) else found.guard is Open.PUBLIC


def _is_news(found: Operation, answer: Answer, entry: Recording) -> bool:
    """Not an answer given again, nor a form that is only shown once more."""
    is_form = found.is_page and answer.status == 200 and entry.before is None and entry.after is None
    return not is_form and found.path not in QUIET and REPEATED not in answer.headers
