"""Pages of a list by key: what is added or removed meanwhile makes no row come twice or not at all."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload
from sqlalchemy.sql import select

from gough.persistence.models import Bulk, Job, MachineEvent, PlaybookRun

Row = TypeVar("Row")
Key = tuple[Any, ...]
"""Where a row is in the order; different for every row."""
Columns = tuple[InstrumentedAttribute[Any], ...]


def page(
    session: Session, query: Select[Row], columns: Columns, *, after: Key | None, limit: int, descends: bool
) -> tuple[list[Row], Key | None]:
    """(rows behind `after`, the key of the last one; None where there are no more)."""
    if after is not None:
        here = tuple_(*columns)
        there = tuple_(*(literal(value, column.type) for column, value in zip(columns, after, strict=True)))
        query = query.where(here < there if descends else here > there)
    ordered = query.order_by(*(column.desc() if descends else column for column in columns))
    rows = list(session.scalars(ordered.limit(limit + 1)))
    more, rows = len(rows) > limit, rows[:limit]
    return rows, tuple(getattr(rows[-1], column.key) for column in columns) if more else None


def cut(
    rows: Sequence[Row], key: Callable[[Row], Key], *, after: Key | None, limit: int, descends: bool
) -> tuple[list[Row], Key | None]:
    """As `page`, of a short list that is in memory."""
    ordered = sorted(rows, key=key, reverse=descends)
    if after is not None:
        ordered = [row for row in ordered if (key(row) < after if descends else key(row) > after)]
    return ordered[:limit], key(ordered[limit - 1]) if len(ordered) > limit else None


JOBS: Select[Job] = select(Job).options(joinedload(Job.machine), selectinload(Job.steps))
BULK: Select[Bulk] = select(Bulk)
BY_CREATION: dict[type, Columns] = {
    Job: (Job.created_at, Job.id), Bulk: (Bulk.created_at, Bulk.id),
    PlaybookRun: (PlaybookRun.started_at, PlaybookRun.id),
}  # fmt: skip
BY_TIME: Columns = (MachineEvent.occurred_at, MachineEvent.id)


def events(machine_id: str) -> Select[MachineEvent]:
    return select(MachineEvent).where(MachineEvent.machine_id == machine_id)
