"""Tags, and which machines have them."""

import re
from dataclasses import asdict
from typing import Any

from gough.lab.maas.call import Call, Resource
from gough.lab.maas.catalogue import Tag
from gough.lab.maas.forms import REQUIRED, Form
from gough.lab.maas.machine import Machine
from gough.lab.maas.machine_json import machine_json
from gough.lab.maas.resources.common import COLLECTION, fields, for_admins, refuse
from gough.lab.maas.users import Permission, may
from gough.lab.maas.wire import Answer, deleted, json_answer, not_found, text

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,256}")
_DETAILS = ("definition", "comment", "kernel_opts")


def _tags(call: Call) -> dict[str, Tag]:
    core = call.region.core
    return core.catalogue.all_tags(core.machines.values())


def _tag(call: Call) -> Tag:
    found = _tags(call).get(call.id)
    if found is None:
        raise not_found("Tag")
    return found


def _json(tag: Tag) -> dict[str, Any]:
    return {**asdict(tag), "resource_uri": f"/MAAS/api/2.0/tags/{tag.name}/"}


def _tagged(call: Call, name: str) -> list[Machine]:
    return [machine for machine in call.region.core.machines.values() if name in machine.tags]


def _list(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer([_json(tag) for tag in _tags(call).values()])


def _create(call: Call) -> Answer:
    form = fields(call)
    with call.region.core.lock:
        tags = _tags(call)
        refuse({"name": _name_problems(form, tags, ""), "definition": _definition_problems(form)})
        tag = Tag(form["name"], **{name: form.get(name, "") for name in _DETAILS})
        tags[tag.name] = tag
        return json_answer(_json(tag))


def _read(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer(_json(_tag(call)))


def _update(call: Call) -> Answer:
    form = fields(call)
    with call.region.core.lock:
        tag, tags = _tag(call), _tags(call)
        refuse({"name": _name_problems(form, tags, tag.name), "definition": _definition_problems(form)})
        for name in _DETAILS:
            setattr(tag, name, form.get(name, getattr(tag, name)))
        _rename(call, tag, form.get("name", tag.name))
        return json_answer(_json(tag))


def _rename(call: Call, tag: Tag, name: str) -> None:
    for machine in _tagged(call, tag.name):
        machine.tags = tuple(name if had == tag.name else had for had in machine.tags)
        call.region.core.changed(machine)
    del call.region.core.catalogue.tags[tag.name]
    tag.name = name
    call.region.core.catalogue.tags[name] = tag


def _delete(call: Call) -> Answer:
    with call.region.core.lock:
        tag = _tag(call)
        _untag(call, _tagged(call, tag.name), tag.name)
        del call.region.core.catalogue.tags[tag.name]
        return deleted()


def _untag(call: Call, machines: list[Machine], name: str) -> None:
    for machine in machines:
        machine.tags = tuple(had for had in machine.tags if had != name)
        call.region.core.changed(machine)


def _update_nodes(call: Call) -> Answer:
    machines = call.region.core.machines
    with call.region.core.lock:
        tag = _tag(call)
        if call.form.get("definition", tag.definition) != tag.definition:
            said = (
                f"Definition supplied '{call.form['definition']}' doesn't match current definition '{tag.definition}'"
            )
            raise text(409, said)
        added = [machines[one] for one in call.form.getlist("add") if one in machines]
        removed = [machines[one] for one in call.form.getlist("remove") if one in machines]
        for machine in added:
            machine.tags = tuple(dict.fromkeys((*machine.tags, tag.name)))
            call.region.core.changed(machine)
        _untag(call, removed, tag.name)
        return json_answer({"added": len(added), "removed": len(removed)})


def _machines(call: Call) -> Answer:
    with call.region.core.lock:
        tagged = _tagged(call, _tag(call).name)
        shown = [machine for machine in tagged if may(call.user, machine, Permission.VIEW)]
        return json_answer([machine_json(call.region.core, machine) for machine in shown])


def _rebuild(call: Call) -> Answer:
    with call.region.core.lock:
        return json_answer({"rebuilding": _tag(call).name})


def _name_problems(form: Form, tags: dict[str, Tag], current: str) -> list[str]:
    name = form.get("name", current)
    if not name:
        return [REQUIRED]
    if not _NAME.fullmatch(name):
        return ["Enter a valid value."]
    return ["Tag with this Name already exists."] if name in tags and name != current else []


def _definition_problems(form: Form) -> list[str]:
    """Brackets only: enough for the mistakes people make."""
    given = form.get("definition", "")
    broken = any(given.count(left) != given.count(right) for left, right in ("[]", "()")) or "[[" in given
    return ["Invalid xpath expression: Invalid expression"] if broken else []


RESOURCES = for_admins(
    Resource(r"tags/", COLLECTION, {("GET", None): _list, ("POST", None): _create}),
    Resource(
        r"tags/([^/]+)/", ("PUT", "POST", "GET", "DELETE"),
        {
            ("GET", None): _read,
            ("GET", "nodes"): _machines,
            ("GET", "machines"): _machines,
            ("PUT", None): _update,
            ("DELETE", None): _delete,
            ("POST", "update_nodes"): _update_nodes,
            ("POST", "rebuild"): _rebuild,
        },
    ),
    words="",
)  # fmt: skip
