"""Maintenance windows: which there are, making one, changing one, taking one away."""

from gough.domain.errors import Conflict, GoughError, Invalid, NotFound
from gough.domain.permissions import Permission
from gough.services import windows
from gough.services.known_values import known_values
from gough.services.window_shape import details
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal.forms import complaint
from gough.web.portal.page import page
from gough.web.portal.window_forms import FIELDS, FILTERS, Typed, in_words, of_window, typed, window_of, zones

ASKING: tuple[type[GoughError], ...] = (NotFound, Conflict, Invalid)


@operation("GET /windows", permission=Permission.VIEW, summary="The maintenance windows.", is_page=True)
def listed(request: Request) -> Answer:
    with request.use.database.read() as session:
        now = request.use.database.now(session)
        found = [in_words(details(session, row, now)) for row in windows.listed(session)]
    return page(request, "windows.html", found=found)


@operation("GET /windows/new", permission=Permission.MANAGE, summary="The form to make one.", is_page=True)
def add_form(request: Request) -> Answer:
    return _form(request, "", typed(request))


@operation(
    "POST /windows/new", permission=Permission.MANAGE, summary="Make a maintenance window.", raises=ASKING, is_page=True
)  # fmt: skip
def add(request: Request) -> Answer:
    given = typed(request)
    try:
        window, applies = window_of(given)
        windows.add(request.use, window, applies, by=request.by)
    except (Invalid, Conflict) as error:
        return _form(request, "", given, error)
    return redirect("/windows")


@operation(
    "GET /windows/<name>/edit", permission=Permission.MANAGE, summary="The form to change one.", raises=(NotFound,),
    is_page=True,
)  # fmt: skip
def change_form(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        found = windows.find(session, name)
    return _form(request, name, of_window(found))


@operation(
    "POST /windows/<name>/edit", permission=Permission.MANAGE, summary="Change a maintenance window.", raises=ASKING,
    is_page=True,
)  # fmt: skip
def change(request: Request, name: str) -> Answer:
    given = typed(request)
    with request.use.database.read() as session:
        windows.find(session, name)
    try:
        window, applies = window_of(given)
        windows.change(request.use, name, window, applies)
    except (Invalid, Conflict) as error:
        return _form(request, name, given, error)
    return redirect("/windows")


@operation(
    "POST /windows/<name>/remove", permission=Permission.MANAGE, summary="Take a maintenance window away.",
    raises=(NotFound,), is_page=True,
)  # fmt: skip
def remove(request: Request, name: str) -> Answer:
    windows.remove(request.use, name)
    return redirect("/windows")


def _form(request: Request, name: str, given: Typed, error: GoughError | None = None) -> Answer:
    said = complaint(error, FIELDS)
    with request.use.database.read() as session:
        known = known_values(session, *FILTERS) | {"timezone": zones()}
    return page(request, "window.html", status=said.status, name=name, given=given, filters=FILTERS, said=said,
                known=known)  # fmt: skip
