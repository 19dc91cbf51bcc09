"""Zones, addressed by name, and resource pools, addressed by number: what a machine is in one of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gough.lab.maas.call import Call, Resource
from gough.lab.maas.catalogue import Group, Groups
from gough.lab.maas.machine import Machine
from gough.lab.maas.resources.common import COLLECTION, ITEM, fields, for_admins, name_problems, refuse
from gough.lab.maas.wire import Answer, deleted, json_answer, not_found, text


@dataclass(frozen=True, slots=True)
class Kind:
    """`attribute` is a machine's; `key` is what paths name one by; `empty_first`: one with machines is not deleted."""

    attribute: str
    groups: Callable[[Call], Groups]
    key: Callable[[Group], str]
    path: str
    not_found: str
    duplicate: str
    is_default: str
    empty_first: bool

    def find(self, call: Call) -> Group:
        for group in self.groups(call):
            if self.key(group) == call.id:
                return group
        raise not_found(self.not_found)

    def json(self, group: Group) -> dict[str, Any]:
        uri = f"/MAAS/api/2.0/{self.path}/{self.key(group)}/"
        return {"name": group.name, "description": group.description, "id": group.id, "resource_uri": uri}

    def members(self, call: Call, group: Group) -> Sequence[Machine]:
        machines = call.region.core.machines.values()
        return [machine for machine in machines if getattr(machine, self.attribute) == group.name]

    def list(self, call: Call) -> Answer:
        with call.region.core.lock:
            return json_answer([self.json(group) for group in self.groups(call)])

    def create(self, call: Call) -> Answer:
        form = fields(call)
        with call.region.core.lock:
            groups = self.groups(call)
            refuse({"name": name_problems(form, form.get("name") in groups.names, self.duplicate)})
            return json_answer(self.json(groups.add(form["name"], form.get("description", ""))))

    def read(self, call: Call) -> Answer:
        with call.region.core.lock:
            return json_answer(self.json(self.find(call)))

    def update(self, call: Call) -> Answer:
        form = fields(call)
        with call.region.core.lock:
            group, groups = self.find(call), self.groups(call)
            name = form.get("name", group.name)
            problems = name_problems(form, name in groups.names, self.duplicate, group.name)
            if group is groups.default and name != group.name:
                problems = [f"{self.is_default}, it cannot be renamed."]
            refuse({"name": problems})
            group.description = form.get("description", group.description)
            self._move(call, self.members(call, group), name)
            groups.rename(group, name)
            return json_answer(self.json(group))

    def delete(self, call: Call) -> Answer:
        with call.region.core.lock:
            group, groups = self.find(call), self.groups(call)
            members = self.members(call, group)
            if group is groups.default:
                raise text(400, f"{self.is_default}, it cannot be deleted.")
            if members and self.empty_first:
                raise text(400, "Pool has machines in it, it cannot be deleted.")
            self._move(call, members, groups.default.name)
            groups.delete(group)
            return deleted()

    def _move(self, call: Call, machines: Sequence[Machine], name: str) -> None:
        for machine in machines:
            setattr(machine, self.attribute, name)
            call.region.core.changed(machine)


ZONES = Kind(
    attribute="zone",
    groups=lambda call: call.region.core.catalogue.zones,
    key=lambda group: group.name,
    path="zones",
    not_found="Zone",
    duplicate="Physical zone",
    is_default="This zone is the default zone",
    empty_first=False,
)
POOLS = Kind(
    attribute="pool",
    groups=lambda call: call.region.core.catalogue.pools,
    key=lambda group: str(group.id),
    path="resourcepool",
    not_found="ResourcePool",
    duplicate="Resource pool",
    is_default="This is the default pool",
    empty_first=True,
)


def _resources(kind: Kind, collection: str, item: str) -> tuple[Resource, ...]:
    return (
        Resource(collection, COLLECTION, {("GET", None): kind.list, ("POST", None): kind.create}),
        Resource(item, ITEM, {("GET", None): kind.read, ("PUT", None): kind.update, ("DELETE", None): kind.delete}),
    )


RESOURCES = for_admins(
    *_resources(ZONES, r"zones/", r"zones/([^/]+)/"),
    *_resources(POOLS, r"resourcepools/", r"resourcepool/([^/]+)/"),
)
