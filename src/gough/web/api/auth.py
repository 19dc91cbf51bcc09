"""Signing in over the API, and the second factor of whoever asks."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import Field

from gough.domain.errors import Conflict, Denied, Invalid, SecondFactorNeeded, Unauthenticated
from gough.domain.permissions import Permission
from gough.services import api_keys, people, second_factor, tokens
from gough.services.people import Caller
from gough.web.api.answers.people import Me, RecoveryCodes, SecondFactor, Tokens
from gough.web.api.machines import Strict
from gough.web.authentication import COOKIE
from gough.web.message import Answer, Request, as_json, moment
from gough.web.operation import Open, operation

SMALL = 4096


class Login(Strict):
    """`code`: of the second factor, or a recovery code, where the account has one."""

    name: str = Field(max_length=200)
    password: str = Field(max_length=1000, repr=False)
    code: str = Field("", max_length=40, repr=False)


class Refresh(Strict):
    refresh_token: str = Field(max_length=200, repr=False)


class Logout(Strict):
    """Nothing to say."""


class Password(Strict):
    password: str = Field(max_length=1000, repr=False)


class Code(Strict):
    code: str = Field(max_length=40, repr=False)


@operation(
    "POST /api/v1/auth/login", permission=Open.PUBLIC, body=Login, body_limit=SMALL, gives={200: Tokens},
    raises=(Unauthenticated, SecondFactorNeeded, Denied), summary="Sign in: an access token and a refresh token.",
)  # fmt: skip
def login(request: Request, body: Login) -> Answer:
    return _tokens(
        tokens.sign_in(request.use, body.name, body.password, code=body.code, address=request.address)
    )  # fmt: skip


@operation(
    "POST /api/v1/auth/refresh", permission=Open.PUBLIC, body=Refresh, body_limit=SMALL, gives={200: Tokens},
    raises=(Unauthenticated,), summary="New tokens for a refresh token, which is good once.",
)  # fmt: skip
def refresh(request: Request, body: Refresh) -> Answer:
    return _tokens(tokens.refresh(request.use, body.refresh_token, address=request.address))


@operation(
    "POST /api/v1/auth/logout", permission=Permission.VIEW, body=Logout, raises=(Conflict,), gives={204: None},
    summary="End the sign-in that asks.",
)  # fmt: skip
def logout(request: Request, body: Logout) -> Answer:  # noqa: ARG001  (refuses unknown fields)
    caller = request.known_caller
    if caller.via == api_keys.VIA:
        raise Conflict("An API key does not sign out.", hint="Revoke it: DELETE /api/v1/api-keys/ID.")
    if caller.via == tokens.VIA:
        tokens.sign_out(request.use, caller.credential)
    else:
        people.sign_out(request.use, request.cookies.get(COOKIE, ""))
    return Answer(204)


@operation("GET /api/v1/auth/me", permission=Permission.VIEW, gives={200: Me}, summary="Who asks, and what they may.")
def me(request: Request) -> Answer:
    caller = request.known_caller
    permissions = _sorted(caller.permissions)
    return as_json({"name": caller.name, "role": caller.role.value, "via": caller.via, "permissions": permissions})


@lru_cache(maxsize=64)  # roles and scopes are few, and every page of a program begins by asking
def _sorted(permissions: frozenset[Permission]) -> list[str]:
    return sorted(each.value for each in permissions)


@operation(
    "POST /api/v1/auth/mfa/enrol", permission=Permission.VIEW, body=Password, body_limit=SMALL,
    gives={200: SecondFactor}, raises=(Unauthenticated, Conflict),
    summary="Begin a second factor; it counts once it is confirmed.",
)  # fmt: skip
def enrol(request: Request, body: Password) -> Answer:
    made = second_factor.begin(request.use, in_person(request).user_id, body.password)
    return as_json({"secret": made.secret, "uri": made.uri})


@operation(
    "POST /api/v1/auth/mfa/confirm", permission=Permission.VIEW, body=Code, body_limit=SMALL,
    gives={200: RecoveryCodes}, raises=(Invalid, Conflict),
    summary="Confirm it with a first code; the recovery codes.",
)  # fmt: skip
def confirm(request: Request, body: Code) -> Answer:
    codes = second_factor.confirm(request.use, in_person(request).user_id, body.code)
    return as_json({"recovery_codes": list(codes)})


@operation(
    "POST /api/v1/auth/mfa/disable", permission=Permission.VIEW, body=Password, body_limit=SMALL, gives={204: None},
    raises=(Unauthenticated,), summary="Take one's second factor away.",
)  # fmt: skip
def disable(request: Request, body: Password) -> Answer:
    second_factor.disable(request.use, in_person(request).user_id, body.password)
    return Answer(204)


def in_person(request: Request) -> Caller:
    """Whoever signed in. Raises Denied for an API key: what a stolen one could make would outlive it."""
    caller = request.known_caller
    if caller.via == api_keys.VIA:
        raise Denied("An API key may not do this.", hint="Sign in, in the portal or at POST /api/v1/auth/login.")
    if not caller.user_id:
        raise Denied("This needs an account, and whoever works on the host itself has none.", hint="Sign in.")
    return caller


def with_moments(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: moment(value) if isinstance(value, datetime) else value for name, value in found.items()}


def _tokens(made: tokens.Tokens) -> Answer:
    return as_json(
        {"token_type": "Bearer", "access_token": made.access, "expires_at": moment(made.access_until),
         "refresh_token": made.refresh, "refresh_expires_at": moment(made.refresh_until)}
    )  # fmt: skip
