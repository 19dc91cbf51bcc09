"""What lists share: their parameters, opaque cursors, the fields that are asked for."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import orjson
from pydantic import BaseModel, Field
from sqlalchemy import Select
from sqlalchemy.orm import Session

from gough.domain.errors import Invalid, Problem
from gough.domain.locations import has_control_characters
from gough.services import keyset
from gough.services.keyset import Row
from gough.services.machine_filters import FILTERS, REFUSED, choose
from gough.services.machine_list import KINDS, ORDERS, Key, MachineQuery, Sort
from gough.web.declaration import Query
from gough.web.message import Answer, Request, as_json

LIMIT = 100
MOST_FIELDS = 200


class ListQuery(Query):
    """`fields`: only these of each item, with commas between them. A `sort` with a minus begins with the greatest."""

    limit: int = Field(50, ge=1, le=200)
    cursor: str = Field("", max_length=2000, description="The next_cursor of the page before, unchanged.")
    fields: str = Field("", max_length=500, examples=["id"])
    sort: Any = ""  # each list has its own closed set

    @property
    def descends(self) -> bool:
        return str(self.sort).startswith("-")

    def after(self, *kinds: type) -> Key | None:
        """Where the page before ended. Raises Invalid."""
        return read_cursor(self.cursor, self.sort, kinds)


def as_page(
    items: Sequence[Mapping[str, Any]], shown: type[BaseModel], query: ListQuery, key: Key | None,
    *, more: Mapping[str, Any] | None = None,
) -> Answer:  # fmt: skip
    """The page's answer; `key` is that of its last item where another page follows. Raises Invalid."""
    wanted = _wanted(query.fields, item_of(shown))
    kept = items if wanted is None else [{name: item[name] for name in wanted if name in item} for item in items]
    return as_json(
        {**(more or {}), "items": kept, "next_cursor": None if key is None else write_cursor(query.sort, key)}
    )


def in_creation_order(
    session: Session, statement: Select[Row], table: type[Row], query: ListQuery
) -> tuple[list[Row], Key | None]:
    """A page of what is made one after the other."""
    return keyset.page(
        session, statement, keyset.BY_CREATION[table], after=query.after(datetime, str), limit=query.limit,
        descends=query.descends,
    )  # fmt: skip


def by_name(
    rows: Sequence[Row], query: ListQuery, *, part: str = "name", kind: type = str
) -> tuple[list[Row], Key | None]:
    """A page of a short list, in the order of one attribute that tells its rows apart."""
    return keyset.cut(
        rows, lambda row: (getattr(row, part),), after=query.after(kind), limit=query.limit, descends=query.descends
    )  # fmt: skip


def item_of(shown: type[BaseModel]) -> type[BaseModel]:
    """The form of a page's items."""
    found: type[BaseModel] = shown.model_fields["items"].annotation.__args__[0]  # type: ignore[union-attr]
    return found


def _wanted(fields: str, item: type[BaseModel]) -> list[str] | None:
    if not fields:
        return None
    known = [field.alias or name for name, field in item.model_fields.items()]
    given = fields.split(",")
    if unknown := [name for name in given if name not in known]:
        raise _refused("fields", f"there is no {', '.join(unknown)[:200]}; expected some of {', '.join(known)}")
    return given


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
        after=read_cursor(one.get("cursor", ""), sort, [KINDS.get(name, str) for name in ORDERS[Sort(sort)].key]),
        limit=integer(one, "limit", default_limit, 1, 200),
    )


def write_cursor(mark: str, key: Key) -> str:
    """`mark` says of which order it is."""
    return urlsafe_b64encode(orjson.dumps([mark, *key])).decode().rstrip("=")


def read_cursor(cursor: str, mark: str, kinds: Sequence[type]) -> Key | None:
    """The key it was written from, whose parts are of these kinds; None for an empty one. Raises Invalid."""
    if not cursor:
        return None
    try:
        written, *values = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if written != mark:
            raise ValueError("of a list in another order")
        return tuple(_part(kind, value) for kind, value in zip(kinds, values, strict=True))
    except (ValueError, TypeError):
        raise _refused(
            "cursor", "is not a cursor of this list", "Use the next_cursor of the page before, unchanged."
        ) from None


def _part(kind: type, value: Any) -> Any:
    """One value of a key. Raises ValueError, or TypeError, for what is none."""
    if kind is datetime:
        value = datetime.fromisoformat(value)
        if value.tzinfo is None:
            raise ValueError("a moment without its offset")
    if kind is int and not -(2**63) <= value < 2**63:
        raise ValueError("too large")
    if type(value) is not kind or has_control_characters(str(value)):
        raise ValueError(f"not a {kind.__name__}")
    return value


def _refused(name: str, fault: str, hint: str = "") -> Invalid:
    return Invalid(REFUSED, hint=hint, problems=[Problem(f"?{name}", fault)])
