"""Version and users."""

from typing import Any

from gough.lab.maas.call import Call, Resource
from gough.lab.maas.users import User
from gough.lab.maas.wire import Answer, json_answer, not_found


def _version(call: Call) -> Answer:
    capabilities = ["networks-management", "devices-management", "storage-deployment-ubuntu", "authenticate-api"]
    return json_answer({"capabilities": capabilities, "version": call.region.version, "subversion": ""})


def _user_json(user: User) -> dict[str, Any]:
    return {
        "is_superuser": user.is_admin,
        "username": user.name,
        "email": f"{user.name}@lab.test",
        "is_local": True,
        "resource_uri": f"/MAAS/api/2.0/users/{user.name}/",
    }


def _whoami(call: Call) -> Answer:
    return json_answer(_user_json(call.user))


def _users(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer([_user_json(user) for user in call.region.keys.users()])


def _user(call: Call) -> Answer:
    with call.region.core.lock:
        for user in call.region.keys.users():
            if user.name == call.id:
                return json_answer(_user_json(user))
    raise not_found("User")


RESOURCES = (
    Resource(r"version/", ("GET",), {("GET", None): _version}, to_anonymous="open"),
    Resource(r"users/", ("POST", "GET"), {("GET", None): _users, ("GET", "whoami"): _whoami}),
    Resource(r"users/([^/]+)/", ("PUT", "GET", "DELETE"), {("GET", None): _user}),
)
