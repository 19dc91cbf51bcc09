"""Maintenance windows: when work may begin on which machines."""

from typing import Any

from pydantic import Field, create_model

from gough.domain.errors import Conflict, Invalid, NotFound, Problem
from gough.domain.permissions import Permission
from gough.domain.windows import Window, parse_days
from gough.services import windows
from gough.services.machine_filters import FILTERS
from gough.services.window_shape import details
from gough.web.api.machines import Strict
from gough.web.body import as_model
from gough.web.message import Answer, Request, as_json, moment
from gough.web.operation import operation

Fields: Any = {name: (list[str], []) for name in FILTERS}
Applies: type[Strict] = create_model("Applies", __base__=Strict, **Fields)
"""{filter: its values}, as the list of machines takes them; none: every machine."""


class NewWindow(Strict):
    """`days` like `sat` or `mon-fri`, `start` is HH:MM in `timezone`."""

    name: str = Field(pattern="^[^/]*$")  # it is a part of an address
    days: list[str] = Field(max_length=7)
    start: str
    minutes: int
    timezone: str = "UTC"
    applies: dict[str, Any] = Field(default_factory=dict)


@operation(
    "GET /api/v1/maintenance-windows", permission=Permission.VIEW,
    summary="The maintenance windows, when each opens, and how many machines it binds.",
)  # fmt: skip
def listed(request: Request) -> Answer:
    with request.use.database.read() as session:
        now = request.use.database.now(session)
        return as_json({"items": [_shape(details(session, row, now)) for row in windows.listed(session)]})


@operation(
    "POST /api/v1/maintenance-windows", permission=Permission.MANAGE, body=NewWindow, raises=(Invalid, Conflict),
    summary="Work on the machines that `applies` chooses begins only while a window of theirs is open.",
)  # fmt: skip
def add(request: Request, body: NewWindow) -> Answer:
    window = Window(body.name, _days(body.days), body.start, body.minutes, body.timezone)
    applies = as_model(body.applies, Applies, at="/applies").model_dump()
    windows.add(request.use, window, applies, by=request.by)
    with request.use.database.read() as session:
        made = windows.find(session, body.name)
        return as_json(_shape(details(session, made, request.use.database.now(session))), 201)


@operation(
    "DELETE /api/v1/maintenance-windows/<name>", permission=Permission.MANAGE, raises=(NotFound,),
    summary="Take a maintenance window away.",
)  # fmt: skip
def remove(request: Request, name: str) -> Answer:
    windows.remove(request.use, name)
    return Answer(204)


def _days(given: list[str]) -> tuple[int, ...]:
    try:
        return parse_days(",".join(given))
    except Invalid as error:
        raise Invalid(str(error), hint=error.hint, problems=[Problem("/days", "names no days")]) from error


def _shape(found: dict[str, Any]) -> dict[str, Any]:
    return {**found, "opens_at": moment(found["opens_at"]), "created_at": moment(found["created_at"])}
