"""One request to the region, taken apart, and the table entry of a path that answers it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from gough.lab.maas.forms import Form
from gough.lab.maas.machine import Machine
from gough.lab.maas.region import Region
from gough.lab.maas.users import Permission, User, may
from gough.lab.maas.wire import Answer, denied, not_found


@dataclass(frozen=True, slots=True)
class Call:
    """`id` is the variable part of its path (a system_id, a name, a number), `id2` the second one; or empty."""

    region: Region
    method: str
    id: str
    id2: str
    op: str | None
    args: MultiDict[str, str]
    form: Form
    json_form: Form  # a JSON body, which only create and PUT read
    user: User  # an anonymous caller is a user without a name

    def machine(self, permission: Permission = Permission.VIEW) -> Machine:
        found = self.region.core.machines.get(self.id)
        if found is None:
            raise not_found("Machine")
        if not may(self.user, found, permission):
            raise denied()
        return found


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Resource:
    """A path below api/2.0/ (a regular expression whose groups are `Call.id` and `id2`) and what it can do.

    `handlers` are found by (method, operation). `allowed` are the methods MAAS names when it refuses another. To an
    anonymous caller a resource is forbidden, `open`, or `deaf`: it answers that it knows no such operation.
    """

    pattern: str
    allowed: tuple[str, ...]
    handlers: Mapping[tuple[str, str | None], Handler]
    to_anonymous: str = "forbidden"
