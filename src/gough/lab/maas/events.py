"""The event log and `GET events/?op=query`.

Source of the types and levels: MAAS 3.4 `provisioningserver/events.py` and a region's recorded answers.
"""

import bisect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from gough.lab.maas.machine import Machine
from gough.lab.maas.users import Permission, User, may
from gough.lab.maas.wire import event_date, text

LEVELS = {"AUDIT": 0, "DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
DEFAULT_LIMIT, MAX_LIMIT = 100, 1000
NOBODY = "unknown"

INFO_TYPES = frozenset(
    {
        "Performing PXE boot", "Loading ephemeral", "Gathering information", "Configuring storage", "Installing OS",
        "Configuring OS", "Rebooting", "Image Deployed", "Deploying", "Deployed", "Commissioning", "Ready", "Testing",
        "Running test", "Script", "Releasing", "Released", "Failed commissioning", "Failed testing",
        "Aborted commissioning", "Aborted deployment", "Aborted testing", "Aborted disk erasing",
        "Entering rescue mode", "Rescue mode", "Failed exiting rescue mode", "Exited rescue mode",
    }
)  # fmt: skip
WARNING_TYPES = frozenset({"Failed to query node's BMC"})
ERROR_TYPES = frozenset(
    {
        "Marking node failed", "Node commissioning failure", "Node installation failure",
        "Node post-installation failure", "Node status event failure", "Node entering rescue mode failure",
        "Node exiting rescue mode failure",
    }
)  # fmt: skip


def level_of(kind: str) -> str:
    """Everything a person or a machine's own reporting does is DEBUG, unless it is in a table above."""
    for level, kinds in (("INFO", INFO_TYPES), ("WARNING", WARNING_TYPES), ("ERROR", ERROR_TYPES)):
        if kind in kinds:
            return level
    return "DEBUG"


@dataclass(frozen=True, slots=True)
class Event:
    id: int
    machine: Machine
    level: str
    type: str
    description: str
    username: str
    created: float

    def json(self) -> dict[str, Any]:
        return {
            "username": self.username,
            "node": self.machine.system_id,
            "hostname": self.machine.hostname,
            "id": self.id,
            "level": self.level,
            "created": event_date(self.created),
            "type": self.type,
            "description": self.description,
        }


class EventLog:
    """Guarded by the region's lock. Ids start at 1 and grow without gaps; `forget` makes gaps."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._next_id = 1

    def add(self, machine: Machine, kind: str, description: str, username: str, now: float) -> None:
        level = level_of(kind)
        self._events.append(Event(self._next_id, machine, level, kind, description, username or NOBODY, now))
        self._next_id += 1
        if LEVELS[level] >= LEVELS["INFO"]:  # what people see as the machine's last message
            machine.status_message = f"{kind} - {description}" if description else kind
            machine.status_action = "mark_failed" if kind == "Marking node failed" else ""

    def saved(self) -> tuple[list[Event], int]:
        """For `restore`: the events, and the id the next one gets."""
        return list(self._events), self._next_id

    def restore(self, saved: tuple[list[Event], int]) -> None:
        """Later events are as if they had never been; their ids are given again."""
        self._events, self._next_id = list(saved[0]), saved[1]

    def forget(self, machine: Machine) -> None:
        self._events = [event for event in self._events if event.machine is not machine]

    def query(self, args: MultiDict[str, str], user: User) -> dict[str, Any]:
        """Of machines the user may see. `after` picks the OLDEST newer events; every answer lists newest first."""
        after, before, limit = _number(args, "after"), _number(args, "before"), _limit(args)
        if after is not None and before is not None:
            raise text(400, "There is undetermined behaviour when both ``after`` and ``before`` are specified.")
        if after is not None:
            start = bisect.bisect_right(self._events, after, key=_id)
            picked = list(islice(_matching(args, user, islice(self._events, start, None)), limit))[::-1]
        else:
            end = len(self._events) if before is None else bisect.bisect_left(self._events, before, key=_id)
            picked = list(islice(_matching(args, user, reversed(self._events[:end])), limit))
        newest = picked[0].id if picked else after if after is not None else (before or 1) - 1
        oldest = picked[-1].id if picked else before if before is not None else (after or 0) + 1
        return {
            "count": len(picked),
            "events": [event.json() for event in picked],
            "next_uri": _page(args, {"after": str(newest)}),
            "prev_uri": _page(args, {"before": str(oldest)}),
        }


def _matching(args: MultiDict[str, str], user: User, events: Iterable[Event]) -> Iterator[Event]:
    level = args.get("level", "INFO")
    if level not in LEVELS:
        raise text(400, f"Unrecognised log level: {level}")
    ids, hostnames = set(args.getlist("id")), set(args.getlist("hostname"))
    for event in events:
        if LEVELS[event.level] < LEVELS[level]:
            continue
        if ids and event.machine.system_id not in ids:
            continue
        if hostnames and event.machine.hostname not in hostnames:
            continue
        if may(user, event.machine, Permission.VIEW):
            yield event


def _id(event: Event) -> int:
    return event.id


def _limit(args: MultiDict[str, str]) -> int:
    limit = _number(args, "limit")
    if limit is None:
        return DEFAULT_LIMIT
    if limit > MAX_LIMIT:
        raise text(400, f"Requested number of events {limit} is greater than limit: {MAX_LIMIT}")
    return max(limit, 1)


def _number(args: MultiDict[str, str], name: str) -> int | None:
    given = args.get(name)
    if given is None:
        return None
    if not given.isdecimal():
        raise text(400, f"Invalid {name}: Please enter an integer value")
    return int(given)


def _page(args: MultiDict[str, str], bound: Mapping[str, str]) -> str:
    kept = [(name, value) for name, value in args.items(multi=True) if name not in {"after", "before"}]
    return f"/MAAS/api/2.0/events/?{urlencode([*kept, *bound.items()])}"
