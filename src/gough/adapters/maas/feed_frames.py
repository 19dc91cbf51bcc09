"""The frames of the websocket behind MAAS's own pages: JSON objects with a `type`, as 3.4 to 3.7 send them.

Undocumented, so what is unknown is ignored and what is unreadable is an error. Source: MAAS's
`maasserver/websockets/protocol.py` and `handlers/machine.py`.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError

from gough.adapters.maas.errors import LONGEST, SYSTEM
from gough.domain.errors import Unavailable
from gough.ports import MachineNotice

PAGE_SIZE = 50  # machines: 0.8 s of the region's time, where 200 take 2 s


class Type(IntEnum):
    REQUEST = 0
    RESPONSE = 1
    NOTIFY = 2


class Outcome(IntEnum):
    DONE = 0
    FAILED = 1


class _Machine(BaseModel):
    system_id: str


class _Group(BaseModel):
    items: list[_Machine]


class _List(BaseModel):
    num_pages: int
    groups: list[_Group]


@dataclass(frozen=True, slots=True)
class Page:
    """The answer to `ask`. `last` is the number of the last page there is."""

    request_id: int
    last: int
    system_ids: tuple[str, ...]


def ask(page: int, request_id: int) -> str:
    """The frame that asks for a page of machines; the first is 1."""
    params = {"page_size": PAGE_SIZE, "page_number": page}
    frame = {"type": Type.REQUEST, "request_id": request_id, "method": "machine.list", "params": params}
    return orjson.dumps(frame).decode()


def read(frame: bytes) -> MachineNotice | Page | None:
    """None: not for us. Raises Unavailable for a refused request, and where Gough cannot know what it missed."""
    try:
        return _meaning(orjson.loads(frame))
    except orjson.JSONDecodeError:
        raise _surprise("is not JSON") from None  # the decoder's error carries the whole frame
    except ValidationError:
        raise _surprise("lacks what MAAS 3.4 sends there") from None


def _meaning(body: Any) -> MachineNotice | Page | None:
    match body:
        case {"type": Type.NOTIFY, "name": "machine", "action": "create" | "update" as action, "data": data}:
            return MachineNotice(_Machine.model_validate(data).system_id, action)
        case {"type": Type.NOTIFY, "name": "machine", "action": "delete", "data": gone}:
            return MachineNotice(_Machine.model_validate({"system_id": gone}).system_id, "delete")
        case {"type": Type.RESPONSE, "rtype": Outcome.DONE, "request_id": int(request_id), "result": result}:
            found = _List.model_validate(result)
            system_ids = tuple(machine.system_id for group in found.groups for machine in group.items)
            return Page(request_id, found.num_pages, system_ids)
        case {"type": Type.RESPONSE, "rtype": Outcome.FAILED, "error": said}:
            raise Unavailable(SYSTEM, f"its websocket refused to list the machines: {str(said)[:LONGEST]}")
    return None


def _surprise(what: str) -> Unavailable:
    hint = "Its pages may speak another protocol than those of MAAS 3.4 to 3.7; Gough goes on without them."
    return Unavailable(SYSTEM, f"its websocket sent a frame that {what}.", hint=hint)
