"""What a machine's page asks for: short operations, commissioning, testing, releasing, redeploying, adopting."""

from gough.domain.errors import Conflict, GoughError, Invalid, Misconfigured, NotFound, Refused, Unavailable
from gough.domain.machine_options import CommissionOptions, ReleaseOptions, ScriptOptions
from gough.domain.operations import Operation
from gough.domain.permissions import Permission
from gough.domain.service_state import ServiceState
from gough.services import adoption, lifecycle, machines, operations
from gough.services import redeploy as redeploying
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal.controls import needs_name
from gough.web.portal.forms import is_ticked, require_typed
from gough.web.portal.page import page
from gough.web.portal.wishes import wished

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
    "POST /machines/<name>/redeploy", permission=Permission.DEPLOY, raises=ASKING, is_page=True,
    summary="Deploy an older version of its template with the same variables.",
)  # fmt: skip
def redeploy(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        require_typed(request, machines.find(session, name))
    number = request.form.get("version", "")
    if number and not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise Invalid(f"'{number[:20]}' is no number of a version.", hint="Choose one that the page offers.")
    redeploying.redeploy(request.use, name, by=request.by, number=int(number) if number else None)
    return redirect(f"/machines/{name}")


@operation(
    "POST /machines/<name>/commission", permission=Permission.OPERATE, summary="Commission.", raises=ASKING,
    is_page=True,
)  # fmt: skip
def commission(request: Request, name: str) -> Answer:
    options = CommissionOptions.from_json(wished("commission", request.form))
    lifecycle.commission(request.use, name, options, by=request.by)
    return redirect(f"/machines/{name}")


@operation(
    "POST /machines/<name>/test", permission=Permission.OPERATE, summary="Test.", raises=ASKING, is_page=True
)  # fmt: skip
def test(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        machine = machines.find(session, name)
        if machine.service == ServiceState.IN_SERVICE:
            require_typed(request, machine)
    lifecycle.test(request.use, name, ScriptOptions.from_json(wished("test", request.form)), by=request.by)
    return redirect(f"/machines/{name}")


@operation(
    "POST /machines/<name>/release", permission=Permission.OPERATE, summary="Release.", raises=ASKING, is_page=True
)  # fmt: skip
def release(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        require_typed(request, machines.find(session, name))
    options = ReleaseOptions.from_json(wished("release", request.form))
    lifecycle.release(request.use, name, options, by=request.by, not_ours=is_ticked(request, "not_ours"))
    return redirect(f"/machines/{name}")


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
