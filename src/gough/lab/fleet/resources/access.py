"""The first setup, signing in, users and their tokens, and what they did."""

import secrets
from collections.abc import Mapping
from typing import Any

from gough.lab.fleet.accounts import User
from gough.lab.fleet.call import ADMINS, Call, Resource
from gough.lab.fleet.core import Core
from gough.lab.fleet.wire import Answer, bad_request, invalid, json_answer, not_found, when

Body = Mapping[str, Any]


def set_up(core: Core, body: Body) -> Answer:
    """Works once; the path is gone afterwards."""
    admin, organisation = body.get("admin"), body.get("org_info")
    if not isinstance(admin, dict) or not isinstance(organisation, dict):
        raise invalid("admin" if not isinstance(admin, dict) else "org_info", "missing required argument")
    if not str(body.get("server_url", "")).startswith(("http://", "https://")):
        raise invalid("server_url", "server_url must start with http:// or https://")
    if admin.get("password") != admin.get("password_confirmation"):
        raise invalid("password_confirmation", "password confirmation does not match")
    with core.lock:
        name, email, password = (str(admin.get(field, "")) for field in ("name", "email", "password"))
        user = core.accounts.add(name, email, password, "admin")
        core.is_set_up = True
        core.config["org_info"]["org_name"] = str(organisation.get("org_name", ""))
        core.config["server_settings"]["server_url"] = body["server_url"]
        token = core.accounts.issue(user)
    shown = {"admin": user_json(core, user), "org_info": organisation, "server_url": body["server_url"]}
    return json_answer(shown | {"token": token})


def login(core: Core, body: Body) -> Answer:
    with core.lock:
        user = core.accounts.login(str(body.get("email", "")), str(body.get("password", "")))
        core.noted(user, "user_logged_in", public_ip="127.0.0.1")
        return json_answer(_with_teams(core, user) | {"token": core.accounts.issue(user)})


def user_json(core: Core, user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "global_role": user.role,
        "api_only": user.api_only,
        "created_at": when(user.created_at),
        "updated_at": when(user.created_at),
        "force_password_reset": False,
        "gravatar_url": "",
        "mfa_enabled": False,
        "sso_enabled": False,
        "teams": [],
    } | ({"fleets": []} if core.has_reports else {})


def _with_teams(core: Core, user: User) -> dict[str, Any]:
    return {"user": user_json(core, user), "available_teams": []} | (
        {"available_fleets": []} if core.has_reports else {}
    )


def _logout(call: Call) -> Answer:
    with call.core.lock:
        call.core.accounts.tokens.pop(call.token, None)
        return json_answer({})


def _me(call: Call) -> Answer:
    return json_answer(_with_teams(call.core, call.user))


def _list(call: Call) -> Answer:
    with call.core.lock:
        users = call.core.accounts.users.values()
        shown, _ = call.page([user_json(call.core, user) | _SETTINGS for user in users])
        return json_answer({"users": shown})


_SETTINGS = {"settings": {"hidden_host_columns": None}}


def _user(call: Call) -> User:
    found = call.core.accounts.users.get(int(call.id))
    if found is None:
        raise not_found("User", call.id)
    return found


def _read(call: Call) -> Answer:
    with call.core.lock:
        return json_answer(_with_teams(call.core, _user(call)))


def _delete(call: Call) -> Answer:
    with call.core.lock:
        user = _user(call)
        if user.role == "admin" and sum(each.role == "admin" for each in call.core.accounts.users.values()) == 1:
            raise bad_request("cannot delete the last global admin")
        call.core.accounts.remove(user)
        call.core.noted(call.user, "deleted_user", user_id=user.id, user_name=user.name, user_email=user.email)
        return json_answer({})


def _create(call: Call) -> Answer:
    """Like the older servers' form: `api_only` makes a user whose token is in the answer."""
    api_only = call.body.get("api_only") is True
    email, password = call.text("email", required=True), call.text("password", required=True)
    return _created(call, email, password, api_only=api_only)


def _create_api_only(call: Call) -> Answer:
    name = call.text("name", required=True)
    email = f"{secrets.token_hex(8)}@{'-'.join(name.lower().split())}.api.invalid"
    return _created(call, email, f"{secrets.token_urlsafe(20)}-1!", api_only=True)


def _created(call: Call, email: str, password: str, *, api_only: bool) -> Answer:
    core = call.core
    with core.lock:
        role = call.text("global_role") or "observer"
        user = core.accounts.add(call.text("name"), email, password, role, api_only=api_only)
        core.noted(call.user, "created_user", user_id=user.id, user_name=user.name, user_email=user.email)
        token = {"token": core.accounts.issue(user)} if api_only else {}
        return json_answer({"user": user_json(core, user)} | token)


def _activities(call: Call) -> Answer:
    with call.core.lock:
        noted = [
            {
                "id": one.id,
                "type": one.type,
                "created_at": when(one.created_at),
                "actor_id": one.actor.id,
                "actor_full_name": one.actor.name,
                "actor_email": one.actor.email,
                "actor_gravatar": "",
                "actor_api_only": one.actor.api_only,
                "fleet_initiated": False,
                "details": one.details,
            }
            for one in call.core.activities
        ]
        shown, more = call.page(noted)
        return json_answer({"activities": shown, "meta": call.meta(more)})


_ADMINS = {"GET": ADMINS, "POST": ADMINS, "DELETE": ADMINS}

RESOURCES = (
    Resource(r"logout", {"POST": _logout}, {"POST": frozenset({"admin", "maintainer", "observer", "observer_plus"})}),
    Resource(r"me", {"GET": _me}),
    Resource(r"users", {"GET": _list}, _ADMINS),
    Resource(r"users/admin", {"POST": _create}, _ADMINS),
    Resource(r"users/api_only", {"POST": _create_api_only}, _ADMINS),
    Resource(r"users/(\d+)", {"GET": _read, "DELETE": _delete}, _ADMINS),
    Resource(r"activities", {"GET": _activities}),
)
