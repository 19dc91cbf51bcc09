"""Query parameters that lists share, and opaque cursors."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import orjson

from gough.domain.errors import Invalid, Problem
from gough.domain.locations import has_control_characters
from gough.services.machine_filters import FILTERS, REFUSED, choose
from gough.services.machine_list import KINDS, ORDERS, Key, MachineQuery, Sort
from gough.web.message import Request

LIMIT = 100
MOST_FIELDS = 200


def integer(query: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """Raises Invalid for anything but a whole number between the two."""
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and low <= int(text) <= high):
        raise _refused(name, f"expected {low} to {high}")
    return int(text)


def machine_query(request: Request, *, default_limit: int = LIMIT) -> MachineQuery:
    """From ?q=, ?sort=, ?limit=, ?cursor= and every filter, which may be repeated. Raises Invalid."""
    try:
        given = parse_qs(str(request.environ.get("QUERY_STRING", "")), max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Invalid(REFUSED, hint=f"Give at most {MOST_FIELDS} parameters.") from None
    one = {name: values[-1] for name, values in given.items()}
    sort = one.get("sort", Sort.HOSTNAME.value)
    if sort not in set(Sort):
        raise _refused("sort", f"expected one of {', '.join(Sort)}")
    text = one.get("q", "").strip()[:200]
    if has_control_characters(text):
        raise _refused("q", "contains control characters")
    return MachineQuery(
        text=text,
        chosen=choose({name: given[name] for name in FILTERS if name in given}, mark="?"),
        sort=Sort(sort),
        after=_read_cursor(one.get("cursor", ""), Sort(sort)),
        limit=integer(one, "limit", default_limit, 1, 200),
    )


def write_cursor(sort: Sort, key: Key) -> str:
    return urlsafe_b64encode(orjson.dumps([sort.value, *key])).decode().rstrip("=")


def _read_cursor(cursor: str, sort: Sort) -> Key | None:
    if not cursor:
        return None
    try:
        written, *values = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if written != sort.value:
            raise ValueError("of a list in another order")
        return tuple(_part(name, value) for name, value in zip(ORDERS[sort].key, values, strict=True))
    except (ValueError, TypeError):
        raise _refused(
            "cursor", "is not a cursor of this list", "Use the next_cursor of the page before, unchanged."
        ) from None


def _part(name: str, value: Any) -> Any:
    """One value of a key. Raises ValueError, or TypeError, for what is none."""
    kind = KINDS.get(name, str)
    if kind is datetime:
        value = datetime.fromisoformat(value)
        if value.tzinfo is None:
            raise ValueError("a moment without its offset")
    if type(value) is not kind or has_control_characters(str(value)):
        raise ValueError(f"not a {kind.__name__}")
    return value


def _refused(name: str, fault: str, hint: str = "") -> Invalid:
    return Invalid(REFUSED, hint=hint, problems=[Problem(f"?{name}", fault)])
