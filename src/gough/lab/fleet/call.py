"""One request to the API, taken apart, and the table entry of a path that answers it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from gough.lab.fleet.accounts import User
from gough.lab.fleet.core import Core
from gough.lab.fleet.wire import Answer, bad_request, invalid


@dataclass(frozen=True, slots=True)
class Call:
    """`id` is the variable part of its path, `id2` the second one; or empty. `token` is what it was allowed by."""

    core: Core
    id: str
    id2: str
    args: MultiDict[str, str]
    body: Mapping[str, Any]
    user: User
    token: str = field(repr=False)

    def text(self, name: str, *, required: bool = False) -> str:
        value = self.body.get(name) or ""
        if not isinstance(value, str):
            raise bad_request(f"json: cannot unmarshal into field {name} of type string")
        if required and not value:
            raise invalid(name, f"{name} cannot be empty")
        return value

    def ids(self, name: str) -> list[int]:
        value = self.body.get(name) or []
        if not isinstance(value, list) or not all(isinstance(each, int) for each in value):
            raise bad_request(f"json: cannot unmarshal into field {name} of type []uint")
        return value

    def page(self, items: Sequence[dict[str, Any]], default_key: str = "id") -> tuple[list[dict[str, Any]], bool]:
        """(the items of the page that was asked for, whether there are more), in the order that was asked for."""
        key = self.args.get("order_key", default_key)
        if items and key not in items[0]:
            raise bad_request(f"order_key: unknown column {key}")
        ordered = sorted(items, key=lambda one: (one[key] is None, one[key]), reverse=self._is_descending)
        number, size = self._number("page", 0), self._number("per_page", 0)
        if not size:
            return ordered, False
        return ordered[number * size : (number + 1) * size], len(ordered) > (number + 1) * size

    @property
    def _is_descending(self) -> bool:
        return self.args.get("order_direction", "asc") == "desc"

    def _number(self, name: str, default: int) -> int:
        given = self.args.get(name, "")
        if given and not given.isdigit():
            raise bad_request(f'parse int "{given}" for {name}')
        return int(given or default)

    def meta(self, more: bool) -> dict[str, bool]:
        return {"has_next_results": more, "has_previous_results": self._number("page", 0) > 0}


Handler = Callable[[Call], Answer]
EVERYBODY = frozenset({"admin", "maintainer", "observer", "observer_plus", "gitops"})
WRITERS, ADMINS = frozenset({"admin", "maintainer", "gitops"}), frozenset({"admin"})


@dataclass(frozen=True, slots=True)
class Resource:
    """A path below api/v1/fleet/ (a regular expression whose groups are `Call.id` and `id2`): handlers by method.

    `roles`: who may, where a method has more than the usual: everybody reads, observers do not write.
    """

    pattern: str
    handlers: Mapping[str, Handler]
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def may(self, method: str, role: str) -> bool:
        return role in self.roles.get(method, EVERYBODY if method == "GET" else WRITERS)
