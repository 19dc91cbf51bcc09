"""What one open websocket is asked and told. Knows frames, not sockets.

A client is told of machines it has listed, and of new ones: the strictest reading of what was seen on 3.4.10 and of
`maasserver/websockets/base.py` and `handlers/machine.py`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from math import ceil
from operator import attrgetter
from typing import Any

import orjson

from gough.lab.maas.core import Core
from gough.lab.maas.machine import Machine
from gough.lab.maas.websocket_json import list_item

REQUEST, RESPONSE, NOTIFY = 0, 1, 2
DEFAULT_PAGE_SIZE = 100
# Everything that can change and has a value of its own. What has none (a lock, a list filled in place) is left out.
state_of = attrgetter(*(field.name for field in fields(Machine) if field.name not in {"bmc", "script_sets"}))


class Unanswerable(Exception):
    """A request that MAAS drops the connection for; the text is its reason."""


class Session:
    """`wake` is called, under the region's lock, when there may be news. Everything else takes that lock itself."""

    def __init__(self, core: Core, wake: Callable[[], None]) -> None:
        self._core = core
        self._wake = wake
        self._doubtful: dict[str, None] = {}  # in the order of their changes
        self._listed: set[str] = set()
        with core.lock:
            self._seen = {system_id: state_of(machine) for system_id, machine in core.machines.items()}
            core.listeners.append(self._changed)

    def end(self) -> None:
        with self._core.lock:
            self._core.listeners.remove(self._changed)

    def look(self) -> None:
        """Compare every machine with what it was."""
        with self._core.lock:
            for system_id in self._seen.keys() | self._core.machines.keys():
                self._doubtful[system_id] = None
            self._wake()

    def answer(self, frame: bytes) -> bytes:
        try:
            request = orjson.loads(frame)
        except orjson.JSONDecodeError:
            raise Unanswerable("Invalid data expecting JSON object.") from None
        match request:
            case {"type": 0, "request_id": request_id, "method": str(method), **rest}:
                if method not in METHODS:
                    raise Unanswerable(f"Handler {method} does not exist.")
                result = METHODS[method](self, _mapping(rest.get("params")))
                return orjson.dumps({"type": RESPONSE, "request_id": request_id, "rtype": 0, "result": result})
        raise Unanswerable("Invalid message type.")

    def news(self) -> Iterator[bytes]:
        """A frame for each machine that is not what it was. Several changes at once are one, as in MAAS."""
        with self._core.lock:
            doubtful, self._doubtful = self._doubtful, {}
            found = [notice for system_id in doubtful if (notice := self._compare(system_id))]
        for action, data in found:
            yield orjson.dumps({"type": NOTIFY, "name": "machine", "action": action, "data": data})

    def _changed(self, system_id: str) -> None:
        self._doubtful[system_id] = None
        self._wake()

    def _compare(self, system_id: str) -> tuple[str, Any] | None:
        machine, before = self._core.machines.get(system_id), self._seen.pop(system_id, None)
        listed = system_id in self._listed
        if machine is None:
            self._listed.discard(system_id)
            return ("delete", system_id) if listed else None
        self._seen[system_id] = now = state_of(machine)
        if before is None:
            self._listed.add(system_id)
            return "create", list_item(machine)
        return ("update", list_item(machine)) if listed and now != before else None

    def list_machines(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """One page, in the order of creation. A page beyond the last is the last."""
        size = int(params.get("page_size", DEFAULT_PAGE_SIZE))
        with self._core.lock:
            machines = list(self._core.machines.values())
            last = max(1, ceil(len(machines) / size))
            page = min(max(int(params.get("page_number", 1)), 1), last)
            picked = machines[(page - 1) * size : page * size]
            self._listed.update(machine.system_id for machine in picked)
            items = [list_item(machine) for machine in picked]
        group = {"name": None, "value": None, "count": len(machines), "collapsed": False, "items": items}
        return {"count": len(machines), "cur_page": page, "num_pages": last, "groups": [group]}


def _mapping(given: object) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}


METHODS: Mapping[str, Callable[[Session, Mapping[str, Any]], dict[str, Any]]] = {"machine.list": Session.list_machines}
