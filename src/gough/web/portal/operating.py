"""Short operations on one machine, and adopting it."""

from gough.domain.errors import Conflict, GoughError, Invalid, Misconfigured, NotFound, Refused, Unavailable
from gough.domain.operations import Operation
from gough.domain.permissions import Permission
from gough.domain.service_state import ServiceState
from gough.services import adoption, machines, operations
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal.controls import needs_name
from gough.web.portal.forms import is_ticked, require_typed
from gough.web.portal.page import page

ASKING: tuple[type[GoughError], ...] = (NotFound, Conflict, Invalid, Refused, Unavailable)


@operation(
    "POST /machines/<name>/do/<wanted>", permission=Permission.OPERATE, raises=ASKING, is_page=True,
    summary="Power, lock, broken, rescue, abort: at once.",
)  # fmt: skip
def operate(request: Request, name: str, wanted: str) -> Answer:
    if wanted not in set(Operation):
        raise NotFound(f"There is no operation '{wanted[:40]}'.")
    asked = Operation(wanted)
    with request.use.database.read() as session:
        machine = machines.find(session, name)
        if needs_name(asked, in_service=machine.service == ServiceState.IN_SERVICE):
            require_typed(request, machine)
    operations.operate(request.use, machine.id, asked, by=request.by, not_ours=is_ticked(request, "not_ours"))
    return redirect(f"/machines/{machine.id}")


@operation(
    "POST /machines/<name>/adopt", permission=Permission.DEPLOY, raises=(NotFound, Conflict, Misconfigured),
    summary="Adopt a machine that somebody else installed; the page shows the command once.", is_page=True,
)  # fmt: skip
def adopt(request: Request, name: str) -> Answer:
    """Answers the page itself: behind a redirect, the secret would have to be kept somewhere."""
    made = adoption.adopt(request.use, name, by=request.by)
    with request.use.database.read() as session:
        machine = machines.find(session, made.job.machine_id)
    return page(request, "adopt.html", made=made, machine=machine)
