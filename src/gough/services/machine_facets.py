"""How many machines have which value: what a list can be narrowed to."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from gough.domain.machine_status import MachineStatus
from gough.persistence.models import Machine, MachineTag
from gough.services.machine_filters import NONE
from gough.services.machine_list import MachineQuery, matching

MOST = 50
COLUMNS: Mapping[str, InstrumentedAttribute[Any]] = {
    "status": Machine.status, "service": Machine.service, "zone": Machine.zone, "pool": Machine.pool,
    "site": Machine.site,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facets:
    """`total` machines match. `counts` are {facet: {value: machines}}, most first, at most 50 values each.

    A facet leaves its own filter out, to show what else could be chosen; tags must all be there, so theirs does not.
    """

    total: int
    counts: Mapping[str, Mapping[str, int]]


def facets(session: Session, query: MachineQuery) -> Facets:
    """Raises Invalid."""
    total, counts = 0, {name: Counter[str]() for name in COLUMNS}
    chosen = {name: values for name, values in query.chosen.items() if name in COLUMNS}
    for values, number in _grouped(session, query):
        misses = [name for name in chosen if values[name] not in chosen[name]]
        total += 0 if misses else number
        for name in COLUMNS:
            if misses in ([], [name]):
                counts[name][values[name]] += number
    return Facets(total, {**{name: _most(found) for name, found in counts.items()}, "tag": _tags(session, query)})


def _grouped(session: Session, query: MachineQuery) -> Iterator[tuple[dict[str, str], int]]:
    """({facet: value}, machines), whatever the query says of the facets: one look at the machines serves them all."""
    others = {name: values for name, values in query.chosen.items() if name not in COLUMNS}
    columns = list(COLUMNS.values())
    where = matching(session, replace(query, chosen=others))
    for row in session.execute(select(*columns, func.count()).where(*where).group_by(*columns)):
        yield {name: _value(name, stored) for name, stored in zip(COLUMNS, row, strict=False)}, row[-1]


def _tags(session: Session, query: MachineQuery) -> dict[str, int]:
    """Where every machine counts, those that are gone are taken out instead: they are few."""
    gone = select(Machine.id).where(Machine.vanished_at.is_not(None))
    wanted = MachineTag.machine_id.not_in(gone)
    if query.chosen or query.text:
        wanted = MachineTag.machine_id.in_(select(Machine.id).where(*matching(session, query)))
    number = func.count()
    counted = select(MachineTag.tag, number).where(wanted).group_by(MachineTag.tag)
    most = counted.order_by(number.desc(), MachineTag.tag).limit(MOST)
    return dict(session.execute(most).all())


def _value(name: str, stored: Any) -> str:
    """As the filter of that name takes it."""
    return MachineStatus(stored).filter_name if name == "status" else stored or NONE


def _most(found: Counter[str]) -> dict[str, int]:
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0]))[:MOST])
