"""The list of machines in pages, filtered and sorted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Engine, Select, bindparam, func, literal, select, tuple_
from sqlalchemy.orm import Session

from gough.persistence.database import Database
from gough.persistence.models import Machine, Region
from gough.services.machine_filters import Chosen, conditions, is_common

ROW = (
    Machine.id, Machine.system_id, Machine.hostname, Machine.status, Machine.power_state,
    Machine.service, Machine.service_since, Machine.status_since, Machine.reason, Machine.next_action, Machine.zone,
    Machine.pool, Machine.owner, Machine.locked, Machine.architecture, Machine.cpu_count, Machine.memory_mib,
    Machine.ip_addresses, Machine.tags, Machine.site, Machine.rack, Machine.rack_unit.label("unit"),
    select(Region.name).where(Region.id == Machine.region_id).scalar_subquery().label("region"),
)  # fmt: skip
# The columns of this very statement are never looked up, so those of the one it was compiled from will do. As
# SQLAlchemy's ORM does it; matching them anew costs as much as the query.
AS_COMPILED = {"_result_disable_adapt_to_context": True}
NAMES = tuple(column.key for column in ROW)
LIST = select(*ROW)
AFTER = "after_"  # parameters of a statement: the key that the page comes after
MOST_STATEMENTS = 200
_STATEMENTS: WeakKeyDictionary[Engine, dict[Any, Select[Any]]] = WeakKeyDictionary()


class Sort(StrEnum):
    """Orders a list may have; a minus means that the greatest comes first."""

    HOSTNAME = "hostname"
    STATUS_SINCE = "-status_since"
    STATUS = "status"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class Order:
    """`key` names the columns of a row that it is sorted by; together they are different for every machine."""

    key: tuple[str, ...]
    descends: bool = False


ORDERS: Mapping[Sort, Order] = {
    Sort.HOSTNAME: Order(("hostname", "id")),
    Sort.STATUS_SINCE: Order(("status_since", "id"), descends=True),
    Sort.STATUS: Order(("status", "hostname", "id")),
    Sort.SITE: Order(("site", "rack", "unit", "id")),
}
KINDS: Mapping[str, type] = {"status": int, "status_since": datetime, "unit": float}
"""Of a key's columns; the others are text."""
BEGIN: Mapping[str, Any] = {"hostname": "", "site": "", "status": 0, "status_since": datetime(9999, 1, 1, tzinfo=UTC)}
"""The least value, or where it descends the greatest, of what an order begins with."""
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class MachineQuery:
    """A page of the list. `after` is the key of the row that the last page ended with."""

    text: str = ""
    chosen: Chosen = field(default_factory=dict)
    sort: Sort = Sort.HOSTNAME
    after: Key | None = None
    limit: int = 100


def listed(session: Session, query: MachineQuery) -> list[dict[str, Any]]:
    """Rows of the list: plain columns, since objects would cost three times as much. Raises Invalid."""
    after = query.after or ()
    given = {f"{AFTER}{n}": value for n, value in enumerate(after)}
    # Past the ORM, which would look at every value again: it is what a page costs.
    rows = session.connection().execute(_remembered(session, query), given, execution_options=AS_COMPILED).all()
    return [dict(zip(NAMES, row, strict=True)) for row in rows]


def _remembered(session: Session, query: MachineQuery) -> Select[Any]:
    """The statement of the page before, where this one is of the same list: making it anew costs a fifth of a page."""
    tags = tuple(is_common(session, tag) for tag in query.chosen.get("tag", ()))
    if "region" in query.chosen:  # their ids are looked up
        return _statement(session, query, begins_common=any(tags))
    engine, is_first = session.get_bind().engine, query.after is None
    key = (tuple(query.chosen.items()), query.text, query.sort, query.limit, is_first, tags)
    known = _STATEMENTS.setdefault(engine, {})
    if (found := known.get(key)) is None:
        if len(known) >= MOST_STATEMENTS:
            known.clear()
        found = known[key] = _statement(session, query, begins_common=any(tags))
    return found


def _statement(session: Session, query: MachineQuery, *, begins_common: bool) -> Select[Any]:
    """A page; what it comes after is bound when it is executed."""
    order = ORDERS[query.sort]
    columns = [_column(name) for name in order.key]
    statement = LIST.where(*matching(session, query))
    if query.after is not None:
        ends = [bindparam(f"{AFTER}{n}", type_=column.type) for n, column in enumerate(columns)]
        here, there = tuple_(*columns), tuple_(*ends)
        statement = statement.where(here < there if order.descends else here > there)
    elif begins_common:
        # True of every machine, and SQLite's reason to read them in this order until the page is full.
        begin = literal(BEGIN[order.key[0]], columns[0].type)
        statement = statement.where(columns[0] <= begin if order.descends else columns[0] >= begin)
    sorted_by = [column.desc() if order.descends else column for column in columns]
    return statement.order_by(*sorted_by).limit(query.limit)


def pages(database: Database, query: MachineQuery) -> Iterator[list[dict[str, Any]]]:
    """All that match, a page at a time; no transaction stays open between them. Raises Invalid."""
    while True:
        with database.read() as session:
            rows = listed(session, query)
        yield rows
        if len(rows) < query.limit:
            return
        query = replace(query, after=key_of(rows[-1], query.sort))


def matching(session: Session, query: MachineQuery) -> list[ColumnElement[bool]]:
    """What a machine must be to be on any page of the list. Raises Invalid."""
    found = [Machine.vanished_at.is_(None), *conditions(session, query.chosen)]
    if query.text:
        found.append(Machine.search.contains(query.text.lower(), autoescape=True))
    return found


def key_of(row: Mapping[str, Any], sort: Sort) -> Key:
    """Where a row is in the order."""
    return tuple(0.0 if row[name] is None else row[name] for name in ORDERS[sort].key)


def _column(name: str) -> ColumnElement[Any]:
    # Databases do not agree where NULL comes.
    return func.coalesce(Machine.rack_unit, 0.0) if name == "unit" else getattr(Machine, name)
