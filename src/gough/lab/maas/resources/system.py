"""Version and users."""

from gough.lab.maas.call import Call, Resource
from gough.lab.maas.wire import Answer, json_answer


def _version(call: Call) -> Answer:
    capabilities = ["networks-management", "devices-management", "storage-deployment-ubuntu", "authenticate-api"]
    return json_answer({"capabilities": capabilities, "version": call.region.version, "subversion": ""})


def _whoami(call: Call) -> Answer:
    name = call.region.username
    uri = f"/MAAS/api/2.0/users/{name}/"
    user = {"is_superuser": True, "username": name, "email": f"{name}@lab.test", "is_local": True, "resource_uri": uri}
    return json_answer(user)


RESOURCES = (
    Resource(r"version/", ("GET",), {("GET", None): _version}, to_anonymous="open"),
    Resource(r"users/", ("POST", "GET"), {("GET", "whoami"): _whoami}),
)
