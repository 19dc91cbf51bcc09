"""Maintenance windows: when work may begin on which machines."""

from typing import Any, Literal

from pydantic import Field, create_model
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Invalid, NotFound, Problem
from gough.domain.permissions import Permission
from gough.domain.windows import Window, parse_days
from gough.services import windows
from gough.services.machine_filters import FILTERS
from gough.services.window_shape import details
from gough.web.api.answers.site import MaintenanceWindow, WindowPage
from gough.web.api.machines import Strict
from gough.web.api.paging import ListQuery, as_page, by_name
from gough.web.body import as_model
from gough.web.message import Answer, Request, as_json, moment
from gough.web.operation import operation

Fields: Any = {name: (list[str], []) for name in FILTERS}
Applies: type[Strict] = create_model("Applies", __base__=Strict, **Fields)
"""{filter: its values}, as the list of machines takes them; none: every machine."""


EDITED = ("id", "name", "applies", "days", "start", "minutes", "timezone")


class NewWindow(Strict):
    """`days` like `sat` or `mon-fri`, `start` is HH:MM in `timezone`."""

    name: str = Field(pattern="^[^/]*$")  # it is a part of an address
    days: list[str] = Field(max_length=7)
    start: str
    minutes: int
    timezone: str = "UTC"
    applies: dict[str, Any] = Field(default_factory=dict)


class WindowsQuery(ListQuery):
    sort: Literal["name", "-name"] = "name"


def edited(session: Session, name: str) -> dict[str, Any]:
    found = windows.find(session, name)
    return {each: getattr(found, each) for each in EDITED}


@operation(
    "GET /api/v1/maintenance-windows", permission=Permission.VIEW, query=WindowsQuery, gives={200: WindowPage},
    summary="The maintenance windows, when each opens, and how many machines it binds.",
)  # fmt: skip
def listed(request: Request, query: WindowsQuery) -> Answer:
    with request.use.database.read() as session:
        now = request.use.database.now(session)
        found, key = by_name(windows.listed(session), query)
        return as_page([_shape(details(session, row, now)) for row in found], WindowPage, query, key)


@operation(
    "GET /api/v1/maintenance-windows/<name>", permission=Permission.VIEW, raises=(NotFound,),
    gives={200: MaintenanceWindow}, edited=edited, summary="One maintenance window.",
)  # fmt: skip
def one(request: Request, name: str) -> Answer:
    return _one(request, name)


@operation(
    "POST /api/v1/maintenance-windows", permission=Permission.MANAGE, body=NewWindow, raises=(Invalid, Conflict),
    gives={201: MaintenanceWindow},
    summary="Work on the machines that `applies` chooses begins only while a window of theirs is open.",
)  # fmt: skip
def add(request: Request, body: NewWindow) -> Answer:
    windows.add(request.use, *_wanted(body), by=request.by)
    return _one(request, body.name, 201)


@operation(
    "PUT /api/v1/maintenance-windows/<name>", permission=Permission.MANAGE, body=NewWindow,
    raises=(NotFound, Invalid, Conflict), gives={200: MaintenanceWindow}, edited=edited,
    summary="Put another in the place of a maintenance window.",
)  # fmt: skip
def change(request: Request, name: str, body: NewWindow) -> Answer:
    windows.change(request.use, name, *_wanted(body))
    return _one(request, body.name)


@operation(
    "DELETE /api/v1/maintenance-windows/<name>", permission=Permission.MANAGE, raises=(NotFound,),
    gives={204: None}, edited=edited, summary="Take a maintenance window away.",
)  # fmt: skip
def remove(request: Request, name: str) -> Answer:
    windows.remove(request.use, name)
    return Answer(204)


def _wanted(body: NewWindow) -> tuple[Window, dict[str, Any]]:
    window = Window(body.name, _days(body.days), body.start, body.minutes, body.timezone)
    return window, as_model(body.applies, Applies, at="/applies").model_dump()


def _one(request: Request, name: str, status: int = 200) -> Answer:
    with request.use.database.read() as session:
        found = windows.find(session, name)
        return as_json(_shape(details(session, found, request.use.database.now(session))), status)


def _days(given: list[str]) -> tuple[int, ...]:
    try:
        return parse_days(",".join(given))
    except Invalid as error:
        raise Invalid(str(error), hint=error.hint, problems=[Problem("/days", "names no days")]) from error


def _shape(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "opens_at": moment(found["opens_at"]), "created_at": moment(found["created_at"])}
