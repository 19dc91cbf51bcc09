"""Changing what is known of a machine: its name, pool, zone and tags in MAAS; where it stands, in Gough."""

from collections.abc import Mapping
from typing import Any

from gough.domain.errors import Conflict, GoughError, Invalid, NotFound, Problem, Refused, Unavailable
from gough.domain.locations import unit_text
from gough.domain.permissions import Permission
from gough.persistence.models import Machine
from gough.services import locations, machines, operations
from gough.services.known_values import known_values
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal.forms import complaint
from gough.web.portal.page import page
from gough.web.portal.plans import words_in

ASKING: tuple[type[GoughError], ...] = (NotFound, Conflict, Invalid, Refused, Unavailable)
IN_MAAS = ("hostname", "pool", "zone")
PLACE = ("site", "rack", "unit")
FIELDS = {f"/{name}": name for name in (*IN_MAAS, "tags", *PLACE)}
KNOWN = ("pool", "zone", "site", "rack")


@operation(
    "GET /machines/<name>/edit", permission=Permission.OPERATE, summary="The forms to change a machine.",
    raises=ASKING, is_page=True,
)  # fmt: skip
def edit(request: Request, name: str) -> Answer:
    return _draw(request, _found(request, name), {})


@operation(
    "POST /machines/<name>/edit", permission=Permission.OPERATE, summary="Rename it, move it in MAAS, tag it.",
    raises=ASKING, is_page=True,
)  # fmt: skip
def change(request: Request, name: str) -> Answer:
    machine = _found(request, name)
    given = {field: request.form.get(field, getattr(machine, field)).strip() for field in IN_MAAS}
    wanted = words_in(request.form.get("tags", " ".join(machine.tags)))
    changed = {field: text for field, text in given.items() if text != getattr(machine, field)}
    added = [tag for tag in wanted if tag not in machine.tags]
    removed = [tag for tag in machine.tags if tag not in wanted]
    if not (changed or added or removed):
        return redirect(f"/machines/{machine.id}")
    try:
        if empty := [field for field, text in changed.items() if not text]:
            raise Invalid("Nothing was changed.", problems=[Problem(f"/{field}", "is missing") for field in empty])
        operations.change(request.use, machine.id, changed, by=request.by, add_tags=added, remove_tags=removed)
    except (Invalid, Conflict, Refused, Unavailable) as error:
        return _draw(request, machine, request.form, maas=error)
    return redirect(f"/machines/{machine.id}")


@operation(
    "POST /machines/<name>/location", permission=Permission.OPERATE, summary="Say where it stands.", raises=ASKING,
    is_page=True,
)  # fmt: skip
def locate(request: Request, name: str) -> Answer:
    machine = _found(request, name)
    place = {field: request.form.get(field) for field in PLACE}
    try:
        locations.locate(request.use, machine.id, by=request.by, **place)
    except (Invalid, Conflict) as error:
        return _draw(request, machine, request.form, place=error)
    return redirect(f"/machines/{machine.id}")


def _draw(
    request: Request, machine: Machine, typed: Mapping[str, str], *, maas: GoughError | None = None,
    place: GoughError | None = None,
) -> Answer:  # fmt: skip
    known: dict[str, Any] = {field: getattr(machine, field) for field in (*IN_MAAS, "site", "rack")}
    known |= {"tags": " ".join(machine.tags), "unit": unit_text(machine.rack_unit)}
    said, misplaced = complaint(maas, FIELDS), complaint(place, FIELDS)
    with request.use.database.read() as session:
        offered = known_values(session, *KNOWN)
    return page(
        request, "edit.html", status=max(said.status, misplaced.status), machine=machine, said=said,
        misplaced=misplaced, values={field: typed.get(field, value) for field, value in known.items()},
        known=offered,
    )  # fmt: skip


def _found(request: Request, name: str) -> Machine:
    with request.use.database.read() as session:
        return machines.find(session, name)
