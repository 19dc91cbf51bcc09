"""Query parameters that lists share, and opaque cursors."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping

import orjson

from gough.domain.errors import Invalid, Problem
from gough.domain.service_state import ServiceState
from gough.services.machines import MachineQuery

LIMIT = 100


def integer(query: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """Raises Invalid for anything but a whole number between the two."""
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and low <= int(text) <= high):
        raise Invalid("The list cannot be made.", problems=[Problem(f"?{name}", f"expected {low} to {high}")])
    return int(text)


def machine_query(query: Mapping[str, str], *, default_limit: int = LIMIT) -> MachineQuery:
    """From ?q=, ?service=, ?limit=, ?cursor=. Raises Invalid."""
    service = query.get("service", "")
    if service and service not in set(ServiceState):
        known = ", ".join(ServiceState)
        raise Invalid("The list cannot be made.", problems=[Problem("?service", f"expected one of {known}")])
    return MachineQuery(
        text=query.get("q", "").strip()[:200],
        service=ServiceState(service) if service else None,
        after=_read_cursor(query.get("cursor", "")),
        limit=integer(query, "limit", default_limit, 1, 200),
    )


def write_cursor(hostname: str, machine_id: str) -> str:
    return urlsafe_b64encode(orjson.dumps([hostname, machine_id])).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[str, str] | None:
    if not cursor:
        return None
    try:
        read = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        hostname, machine_id = read
    except ValueError:
        read = hostname = machine_id = None
    if not isinstance(hostname, str) or not isinstance(machine_id, str):
        hint = "Use the next_cursor of the page before, unchanged."
        raise Invalid(
            "The list cannot be made.", hint=hint, problems=[Problem("?cursor", "is not a cursor of this list")]
        )
    return hostname, machine_id
