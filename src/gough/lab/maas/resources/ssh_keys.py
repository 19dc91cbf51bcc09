"""The SSH keys of the region's user."""

import base64
import binascii
from typing import Any

from gough.lab.maas.call import Call, Resource
from gough.lab.maas.catalogue import SshKey
from gough.lab.maas.forms import REQUIRED
from gough.lab.maas.resources.common import COLLECTION, created, fields, one, refuse
from gough.lab.maas.wire import Answer, deleted, json_answer

_BAD = "Invalid SSH public key: Key could not be converted to RFC4716 form."


def _json(key: SshKey) -> dict[str, Any]:
    return {"key": key.key, "keysource": None, "id": key.id}


def _list(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer([_json(key) for key in call.region.core.catalogue.ssh_keys.values()])


def _create(call: Call) -> Answer:
    given = fields(call).get("key", "").strip()
    refuse({"key": _problems(given)})
    with call.region.core.lock:
        catalogue = call.region.core.catalogue
        if any(known.key == given for known in catalogue.ssh_keys.values()):
            refuse({"__all__": ["This key has already been added for this user."]})
        made = SshKey(next(catalogue.ids), given)
        catalogue.ssh_keys[made.id] = made
        return created(_json(made))


def _problems(given: str) -> list[str]:
    if not given:
        return [REQUIRED]
    kind, _, rest = given.partition(" ")
    try:
        body = base64.b64decode(rest.partition(" ")[0], validate=True)
    except binascii.Error:
        return [_BAD]
    return [] if body[4 : 4 + len(kind)] == kind.encode() else [_BAD]


def _read(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(_json(one(call.region.core.catalogue.ssh_keys, call.id, "SSHKey")))


def _delete(call: Call) -> Answer:
    with call.region.core.lock:
        keys = call.region.core.catalogue.ssh_keys
        del keys[one(keys, call.id, "SSHKey").id]
        return deleted()


RESOURCES = (
    Resource(r"account/prefs/sshkeys/", COLLECTION, {("GET", None): _list, ("POST", None): _create}),
    Resource(r"account/prefs/sshkeys/([^/]+)/", ("GET", "DELETE"), {("GET", None): _read, ("DELETE", None): _delete}),
)
