"""The region's images, and importing them."""

import hashlib
from typing import Any

from gough.lab.maas.call import Call, Resource
from gough.lab.maas.images import FILES, VERSION, BootResource
from gough.lab.maas.resources.common import COLLECTION, for_admins, one, plain
from gough.lab.maas.wire import PLAIN_UTF8, Answer, deleted, json_answer, text

_TYPES = ("synced", "uploaded")  # the lab's are all synced
_FILE_BYTES = 512


def _json(resource: BootResource) -> dict[str, Any]:
    extra = {
        "title": resource.title,
        "platform": "generic",
        "subarches": resource.subarches,
        "supported_platforms": "generic",
    }
    return {
        "id": resource.id,
        "type": "Synced",
        "name": resource.name,
        "architecture": resource.architecture,
        "resource_uri": f"/MAAS/api/2.0/boot-resources/{resource.id}/",
        "last_deployed": None,
        **(extra if resource.title else {}),
    }


def _sets(resource: BootResource) -> dict[str, Any]:
    files = {
        name: {
            "filename": name,
            "filetype": filetype,
            "sha256": hashlib.sha256(f"{resource.id} {name}".encode()).hexdigest(),
            "size": _FILE_BYTES,
            "complete": True,
        }
        for name, filetype in FILES.items()
    }
    size = _FILE_BYTES * len(files)
    return {VERSION: {"version": VERSION, "label": "stable", "size": size, "complete": True, "files": files}}


def _list(call: Call) -> Answer:
    wanted = call.args.get("type", "all")
    if wanted not in {"all", *_TYPES}:
        raise text(400, f"'{wanted}' is not a valid boot resource type. Available types: {list(_TYPES)}")
    with call.region.core.lock:
        found = [] if wanted == "uploaded" else list(call.region.core.catalogue.boot_resources.values())
        found.sort(key=lambda resource: (resource.name, resource.architecture))
        return json_answer([_json(resource) for resource in found])


def _read(call: Call) -> Answer:
    with call.region.core.lock:
        resource = one(call.region.core.catalogue.boot_resources, call.id, "BootResource")
        return json_answer({**_json(resource), "sets": _sets(resource)})


def _delete(call: Call) -> Answer:
    with call.region.core.lock:
        resources = call.region.core.catalogue.boot_resources
        del resources[one(resources, call.id, "BootResource").id]
        return deleted()


def _is_importing(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(call.region.core.catalogue.importing)


def _import(call: Call) -> Answer:
    """Goes on until it is stopped: there is nothing to download."""
    with call.region.core.lock:
        call.region.core.catalogue.importing = True
    return plain("Import of boot resources started", PLAIN_UTF8)


def _stop_import(call: Call) -> Answer:
    with call.region.core.lock:
        call.region.core.catalogue.importing = False
    return plain("Import of boot resources is being stopped", PLAIN_UTF8)


RESOURCES = for_admins(
    Resource(
        r"boot-resources/", COLLECTION,
        {
            ("GET", None): _list,
            ("GET", "is_importing"): _is_importing,
            ("POST", "import"): _import,
            ("POST", "stop_import"): _stop_import,
        },
    ),
    Resource(r"boot-resources/([^/]+)/", ("GET", "DELETE"), {("GET", None): _read, ("DELETE", None): _delete}),
)  # fmt: skip
