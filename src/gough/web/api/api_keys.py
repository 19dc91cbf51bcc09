"""API keys: one's own; with the permission `people`, everybody's."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field

from gough.domain.errors import Conflict, Denied, Invalid, NotFound
from gough.domain.permissions import Permission
from gough.persistence.models import ApiKey as Row
from gough.services import api_keys
from gough.services.api_key_shape import details
from gough.services.api_keys import Wish
from gough.web.api.answers.people import ApiKeyPage, NewApiKey
from gough.web.api.auth import in_person, with_moments
from gough.web.api.machines import Strict
from gough.web.api.paging import ListQuery, as_page, by_name
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation


class KeyWish(Strict):
    """`networks` in CIDR, none for any; `days` until it expires, null for never."""

    name: str = Field(max_length=60, examples=["ci"])
    scopes: list[Annotated[Permission, Field(strict=False)]] = Field(max_length=20, examples=[["view", "deploy"]])
    networks: list[str] = Field(default_factory=list, max_length=20, examples=[["10.20.0.0/16"]])
    days: int | None = Field(None, ge=1, le=api_keys.LONGEST_DAYS)


class RotateKey(Strict):
    """How long the old secret is good as well."""

    overlap_hours: int = Field(24, ge=0, le=720)


class KeysQuery(ListQuery):
    sort: Literal["id", "-id"] = "id"


@operation(
    "GET /api/v1/api-keys", permission=Permission.VIEW, query=KeysQuery, gives={200: ApiKeyPage},
    summary="API keys: yours, or everybody's with the permission `people`.",
)  # fmt: skip
def listed(request: Request, query: KeysQuery) -> Answer:
    with request.use.database.read() as session:
        now = request.use.database.now(session)
        found, key = by_name(api_keys.listed(session, owner=_owner(request)), query, part="id")
        return as_page([with_moments(details(row, now)) for row in found], ApiKeyPage, query, key)


@operation(
    "POST /api/v1/api-keys", permission=Permission.VIEW, body=KeyWish, gives={201: NewApiKey}, raises=(Invalid,),
    summary="Make an API key of yours. It is shown in this answer only.",
)  # fmt: skip
def create(request: Request, body: KeyWish) -> Answer:
    wish = Wish(body.name, frozenset(body.scopes), tuple(body.networks), body.days)
    return _shown(request, *api_keys.create(request.use, in_person(request).user_id, wish), 201)


@operation(
    "POST /api/v1/api-keys/<key_id>/rotate", permission=Permission.VIEW, body=RotateKey, gives={200: NewApiKey},
    raises=(NotFound, Conflict, Invalid), summary="Another secret for the key; the old one is good for a while more.",
)  # fmt: skip
def rotate(request: Request, key_id: str, body: RotateKey) -> Answer:
    _require_own(request, key_id)
    overlap = timedelta(hours=body.overlap_hours)
    return _shown(request, *api_keys.rotate(request.use, key_id, owner=_owner(request), overlap=overlap), 200)


@operation(
    "DELETE /api/v1/api-keys/<key_id>", permission=Permission.VIEW, raises=(NotFound,), gives={204: None},
    summary="Revoke a key, at once.",
)  # fmt: skip
def revoke(request: Request, key_id: str) -> Answer:
    _require_own(request, key_id)
    api_keys.revoke(request.use, key_id, owner=_owner(request))
    return Answer(204)


def _owner(request: Request) -> str | None:
    caller = request.known_caller
    return None if Permission.PEOPLE in caller.permissions else caller.user_id


def _require_own(request: Request, key_id: str) -> None:
    """A key may rotate and revoke itself. Raises Denied for another, but with the scope `people`."""
    caller = request.known_caller
    if caller.via == api_keys.VIA and caller.credential != key_id and _owner(request) is not None:
        raise Denied("An API key may only change itself.", hint="Sign in, or use that key.")


def _shown(request: Request, row: Row, key: str, status: int) -> Answer:
    with request.use.database.read() as session:
        found: dict[str, Any] = details(session.get_one(Row, row.id), request.use.database.now(session))
    return as_json({**with_moments(found), "key": key}, status)
