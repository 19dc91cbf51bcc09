"""Accounts: who there is, what they may do, and ending what they hold."""

from dataclasses import asdict
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Invalid, NotFound
from gough.domain.permissions import Permission, Role
from gough.services import users
from gough.web.api.answers.people import Invitation, SignInPage, User, UserPage
from gough.web.api.auth import with_moments
from gough.web.api.machines import Strict
from gough.web.api.paging import ListQuery, as_page, by_name
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation

RoleName = Literal["viewer", "operator", "admin"]


class NewUser(Strict):
    name: str = Field(min_length=1, max_length=80, examples=["ada"])
    role: RoleName


class ChangedUser(Strict):
    """What is left out stays. Disabling ends every session, token and key at once."""

    role: RoleName | None = None
    is_disabled: bool | None = None


class Nothing(Strict):
    """Nothing to say."""


class UsersQuery(ListQuery):
    sort: Literal["name", "-name"] = "name"


class SignInsQuery(ListQuery):
    sort: Literal["id", "-id"] = "id"


def edited(session: Session, name: str) -> dict[str, Any]:
    user = users.find(session, name)
    return {"id": user.id, "role": user.role, "is_disabled": user.disabled_at is not None}


@operation(
    "GET /api/v1/users", permission=Permission.PEOPLE, query=UsersQuery, gives={200: UserPage}, summary="Accounts."
)  # fmt: skip
def listed(request: Request, query: UsersQuery) -> Answer:
    with request.use.database.read() as session:
        now = request.use.database.now(session)
        found, key = by_name(users.listed(session), query)
        return as_page([with_moments(users.details(user, now)) for user in found], UserPage, query, key)


@operation(
    "GET /api/v1/users/<name>", permission=Permission.PEOPLE, gives={200: User}, edited=edited, raises=(NotFound,),
    summary="One account.",
)  # fmt: skip
def one(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        return as_json(with_moments(users.details(users.find(session, name), request.use.database.now(session))))


@operation(
    "POST /api/v1/users", permission=Permission.PEOPLE, body=NewUser, gives={201: Invitation},
    raises=(Invalid, Conflict), summary="Make an account; the link is for its owner, who chooses a password there.",
)  # fmt: skip
def create(request: Request, body: NewUser) -> Answer:
    user, secret = users.create(request.use, body.name, Role(body.role))
    return _invitation(request, user.name, secret, 201)


@operation(
    "PATCH /api/v1/users/<name>", permission=Permission.PEOPLE, body=ChangedUser, gives={200: User}, edited=edited,
    raises=(NotFound, Conflict), summary="Change an account's role, disable or enable it.",
)  # fmt: skip
def change(request: Request, name: str, body: ChangedUser) -> Answer:
    if body.is_disabled is not None:
        (users.disable if body.is_disabled else users.enable)(request.use, name)
    if body.role is not None:
        users.change_role(request.use, name, Role(body.role))
    return one(request, name)


@operation(
    "DELETE /api/v1/users/<name>", permission=Permission.PEOPLE, gives={204: None}, edited=edited,
    raises=(NotFound, Conflict), summary="Remove an account and all it signs in with.",
)  # fmt: skip
def remove(request: Request, name: str) -> Answer:
    users.remove(request.use, name)
    return Answer(204)


@operation(
    "POST /api/v1/users/<name>/reset-password", permission=Permission.PEOPLE, body=Nothing, gives={200: Invitation},
    raises=(NotFound, Conflict), summary="A link with which its owner chooses another password, once.",
)  # fmt: skip
def reset_password(request: Request, name: str, body: Nothing) -> Answer:  # noqa: ARG001  (refuses unknown fields)
    return _invitation(request, name, users.reset_password(request.use, name), 200)


@operation(
    "POST /api/v1/users/<name>/reset-second-factor", permission=Permission.PEOPLE, body=Nothing, gives={204: None},
    raises=(NotFound,), summary="Take away the second factor of somebody who lost it.",
)  # fmt: skip
def reset_second_factor(request: Request, name: str, body: Nothing) -> Answer:  # noqa: ARG001
    users.reset_second_factor(request.use, name)
    return Answer(204)


@operation(
    "GET /api/v1/users/<name>/sessions", permission=Permission.PEOPLE, query=SignInsQuery, gives={200: SignInPage},
    raises=(NotFound,), summary="Where an account is signed in.",
)  # fmt: skip
def sign_ins(request: Request, name: str, query: SignInsQuery) -> Answer:
    with request.use.database.read() as session:
        held = users.sign_ins(session, users.find(session, name).id, request.use.database.now(session))
    found, key = by_name(held, query, part="id")
    return as_page([with_moments(asdict(each)) for each in found], SignInPage, query, key)


@operation(
    "DELETE /api/v1/users/<name>/sessions/<sign_in_id>", permission=Permission.PEOPLE, gives={204: None},
    raises=(NotFound,), summary="End one of them.",
)  # fmt: skip
def end_sign_in(request: Request, name: str, sign_in_id: str) -> Answer:
    with request.use.database.read() as session:
        user_id = users.find(session, name).id
    users.end_sign_in(request.use, user_id, sign_in_id)
    return Answer(204)


def reset_link(request: Request, secret: str) -> str:
    """In the query, not the path: paths are logged."""
    return f"{request.site.settings.public_url.rstrip('/')}/reset?secret={quote(secret)}"


def _invitation(request: Request, name: str, secret: str, status: int) -> Answer:
    return as_json({"name": name, "link": reset_link(request, secret), "secret": secret}, status)
