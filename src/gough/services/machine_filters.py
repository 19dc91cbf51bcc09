"""What the list of machines can be filtered by: one table for the command line, the API and the portal's addresses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ColumnElement, Engine, and_, exists, or_, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from gough.domain.errors import Invalid, Problem
from gough.domain.locations import has_control_characters
from gough.domain.machine_status import MachineStatus
from gough.domain.service_state import ServiceState
from gough.persistence.models import Machine, MachineTag, Region
from gough.services import agent_filter

NONE = "-"  # as a value: machines that have no owner, site, …
MOST_VALUES, LONGEST = 50, 256
COMMON = 500  # machines with one tag
REMEMBERED, MOST_REMEMBERED = 10.0, 1000  # seconds, tags
_COMMON_TAGS: WeakKeyDictionary[Engine, dict[str, tuple[bool, float]]] = WeakKeyDictionary()
REFUSED = "The list cannot be made."

Chosen = Mapping[str, tuple[str, ...]]
"""{filter: its values}. A machine has one of each filter's values; of `tag`, all."""
Where = Callable[[Session, Sequence[Any]], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Filter:
    """`known` maps the values of a closed set to how they are stored."""

    where: Where
    known: Mapping[str, Any] = field(default_factory=dict)


def _among(column: InstrumentedAttribute[Any]) -> Where:
    def where(_session: Session, values: Sequence[Any]) -> ColumnElement[bool]:
        wanted = ["" if value == NONE else value for value in values]
        return column == wanted[0] if len(wanted) == 1 else column.in_(wanted)

    return where


def _architecture(session: Session, values: Sequence[str]) -> ColumnElement[bool]:
    """`amd64` is every amd64, `amd64/generic` that one."""
    wide = [Machine.architecture.startswith(f"{value}/", autoescape=True) for value in values if "/" not in value]
    return or_(_among(Machine.architecture)(session, values), *wide)


def _region(session: Session, values: Sequence[str]) -> ColumnElement[bool]:
    """Raises Invalid for one that Gough does not know."""
    ids = dict(session.execute(select(Region.name, Region.id).where(Region.removed_at.is_(None))).all())
    if not set(values) <= set(ids):
        expected = f"expected one of {', '.join(sorted(ids))}" if ids else "there is no region yet"
        raise Invalid(REFUSED, problems=[Problem("?region", expected)])
    return Machine.region_id.in_([ids[name] for name in values])


def _tags(session: Session, values: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(_tagged(session, value) for value in values))


def _tagged(session: Session, tag: str) -> ColumnElement[bool]:
    """A rare tag leads to its machines; with a common one, machines are looked at in the list's order."""
    row = aliased(MachineTag)
    has_it = and_(row.tag == tag, row.machine_id == Machine.id)
    if not is_common(session, tag):
        return has_it
    if session.get_bind().dialect.name == "postgresql":
        return type_coerce(Machine.tags, JSONB).contains([tag])  # in the row that is looked at anyway
    return exists().where(has_it)


def is_common(session: Session, tag: str) -> bool:
    """Whether so many machines have it that the first page is found sooner without asking for all of them.

    Remembered for a while, as it is only about speed: who turns the pages of a list asks it each time.
    """
    known = _COMMON_TAGS.setdefault(session.get_bind().engine, {})
    is_it, asked_at = known.get(tag, (False, -REMEMBERED))
    if monotonic() - asked_at > REMEMBERED:
        one_more = select(MachineTag.machine_id).where(MachineTag.tag == tag).offset(COMMON).limit(1)
        is_it = session.execute(one_more).first() is not None
        if len(known) >= MOST_REMEMBERED:
            known.clear()
        known[tag] = is_it, monotonic()
    return is_it


FILTERS: Mapping[str, Filter] = {
    "status": Filter(_among(Machine.status), {status.filter_name: status.value for status in MachineStatus}),
    "service": Filter(_among(Machine.service), {state.value: state.value for state in ServiceState}),
    "tag": Filter(_tags),
    "zone": Filter(_among(Machine.zone)),
    "pool": Filter(_among(Machine.pool)),
    "region": Filter(_region),
    "owner": Filter(_among(Machine.owner)),
    "site": Filter(_among(Machine.site)),
    "rack": Filter(_among(Machine.rack)),
    "power_state": Filter(_among(Machine.power_state), {name: name for name in ("on", "off", "unknown", "error")}),
    "architecture": Filter(_architecture),
    "locked": Filter(_among(Machine.locked), {"true": True, "false": False}),
    "agent": Filter(agent_filter.where, agent_filter.KNOWN),
}


def choose(given: Mapping[str, Sequence[str]], *, mark: str) -> Chosen:
    """The filters among `given`, without what is empty or there twice. `mark` stands before a name in the pointer.

    Raises Invalid with every filter that has a value it cannot have.
    """
    chosen = {name: tuple(dict.fromkeys(v.strip() for v in given.get(name, ()) if v.strip())) for name in FILTERS}
    problems = [Problem(f"{mark}{name}", fault) for name, values in chosen.items() if (fault := _fault(name, values))]
    if problems:
        raise Invalid(REFUSED, problems=problems)
    return {name: values for name, values in chosen.items() if values}


def conditions(session: Session, chosen: Chosen) -> list[ColumnElement[bool]]:
    """What a machine must be, one a filter. Raises Invalid for a region that Gough does not know."""
    return [FILTERS[name].where(session, _stored(name, values)) for name, values in chosen.items()]


def _stored(name: str, values: Sequence[str]) -> Sequence[Any]:
    known = FILTERS[name].known
    return [known[value] for value in values] if known else values


def _fault(name: str, values: Sequence[str]) -> str:
    known = FILTERS[name].known
    if known and not set(values) <= set(known):
        return f"expected one of {', '.join(known)}"
    if len(values) > MOST_VALUES:
        return f"expected at most {MOST_VALUES} values"
    if any(len(value) > LONGEST or has_control_characters(value) for value in values):
        return f"expected at most {LONGEST} characters, none of them control characters"
    return ""
