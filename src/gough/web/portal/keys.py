"""API keys: the list, making one, which is shown once, rotating and revoking."""

from typing import Any

from gough.domain.errors import Conflict, GoughError, Invalid, NotFound, Problem
from gough.domain.permissions import GRANTS, Permission
from gough.persistence.models import ApiKey
from gough.services import api_keys
from gough.services.api_key_shape import details
from gough.services.api_keys import Wish
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal.forms import complaint, repeated
from gough.web.portal.page import page

FIELDS = {"/name": "name", "/scopes": "scopes", "/networks": "networks", "/days": "days"}


@operation("GET /keys", permission=Permission.VIEW, summary="API keys.", is_page=True)
def listed(request: Request) -> Answer:
    return _list(request)


@operation(
    "POST /keys/new", permission=Permission.VIEW, summary="Make an API key of one's own.", raises=(Invalid,),
    is_page=True,
)  # fmt: skip
def create(request: Request) -> Answer:
    try:
        return _once(request, *api_keys.create(request.use, request.known_caller.user_id, _wish(request)))
    except Invalid as error:
        return _list(request, error)


@operation(
    "POST /keys/<key_id>/rotate", permission=Permission.VIEW, summary="Another secret for a key.",
    raises=(NotFound, Conflict), is_page=True,
)  # fmt: skip
def rotate(request: Request, key_id: str) -> Answer:
    return _once(request, *api_keys.rotate(request.use, key_id, owner=_owner(request)))


@operation(
    "POST /keys/<key_id>/revoke", permission=Permission.VIEW, summary="Revoke a key.", raises=(NotFound,), is_page=True
)  # fmt: skip
def revoke(request: Request, key_id: str) -> Answer:
    api_keys.revoke(request.use, key_id, owner=_owner(request))
    return redirect("/keys")


def _wish(request: Request) -> Wish:
    form = request.form
    days = form.get("days", "").strip()
    if days and not (days.isascii() and days.isdecimal() and len(days) < 6):
        raise Invalid("This is not a key's life.", problems=[Problem("/days", "is not a number of days")])
    scopes = frozenset(Permission(each) for each in repeated(request).get("scopes", ()) if each in set(Permission))
    networks = tuple(form.get("networks", "").replace(",", " ").split())
    return Wish(form.get("name", ""), scopes, networks, int(days) if days else None)


def _owner(request: Request) -> str | None:
    caller = request.known_caller
    return None if Permission.PEOPLE in caller.permissions else caller.user_id


def _list(request: Request, error: GoughError | None = None) -> Answer:
    said, form = complaint(error, FIELDS), request.form
    with request.use.database.read() as session:
        now = request.use.database.now(session)
        found = [details(row, now) for row in api_keys.listed(session, owner=_owner(request))]
    given: dict[str, Any] = {
        "name": form.get("name", ""), "networks": form.get("networks", ""), "days": form.get("days", "90"),
        "scopes": repeated(request).get("scopes", ()) if form else ("view",),
    }  # fmt: skip
    possible = [each.value for each in Permission if each in GRANTS[request.known_caller.role]]
    return page(request, "keys.html", status=said.status, said=said, found=found, given=given, possible=possible)


def _once(request: Request, row: ApiKey, key: str) -> Answer:
    return page(request, "key.html", name=row.name, key=key, old_until=row.old_until)
