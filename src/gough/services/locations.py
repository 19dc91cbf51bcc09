"""Where machines stand, told by a person or by a file. MAAS is never told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Double, MetaData, String, Table, Text, insert, select, update
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Problem
from gough.domain.locations import Location, read_location, unit_text
from gough.domain.timeline import Level, PersonEvent, Source, TimelineEvent
from gough.persistence.models import Machine, MachineEvent
from gough.services import machines, timeline
from gough.services.context import Use
from gough.services.location_files import read_rows
from gough.services.location_plan import Known, Plan, plan

SEARCHED = (
    Machine.hostname, Machine.fqdn, Machine.system_id, Machine.serial, Machine.hardware_uuid, Machine.mac_addresses,
    Machine.ip_addresses, Machine.tags,
)  # fmt: skip
# Filled at once and joined: a statement a machine would be a round trip each.
GIVEN = Table(
    "given_locations", MetaData(), Column("id", String(40), primary_key=True), Column("site", String(80)),
    Column("rack", String(80)), Column("unit", Double), Column("search", Text), prefixes=["TEMPORARY"],
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Imported:
    """`updated` machines were, or would be, moved. Rows with problems changed nothing; `unmatched` are among them."""

    updated: int
    unchanged: int
    unmatched: int
    problems: tuple[Problem, ...]


def of(machine: Machine) -> Location:
    return Location(machine.site, machine.rack, machine.rack_unit)


def locate(
    use: Use, name: str, *, by: str, site: str | None = None, rack: str | None = None, unit: str | None = None
) -> Machine:
    """Say where a machine stands: what is None stays, what is empty is cleared.

    Raises NotFound, Invalid, or Conflict when another machine has the spot.
    """
    with use.database.write() as session:
        machine = machines.find(session, name)
        before = of(machine)
        after = read_location(
            before.site if site is None else site,
            before.rack if rack is None else rack,
            unit_text(before.unit) if unit is None else unit,
        )
        if after == before:
            return machine
        _require_free(session, machine, after)
        machine.site, machine.rack, machine.rack_unit = after.site, after.rack, after.unit
        machine.search = machines.search_text(machine)
        now = use.database.now(session)
        event = TimelineEvent(Source.PERSON, PersonEvent.LOCATED, _said(before, after), now, actor=by)
        timeline.record(session, machine.id, event, now=now)
    return machine


def import_file(use: Use, data: bytes, *, by: str, dry_run: bool = False) -> Imported:
    """Apply the good rows of a file in one transaction. Raises Invalid when it cannot be read at all."""
    rows = read_rows(data)
    with use.database.write() as session:
        columns = (Machine.id, *SEARCHED, Machine.site, Machine.rack, Machine.rack_unit)
        found = {
            row.id: row._asdict() for row in session.execute(select(*columns).where(Machine.vanished_at.is_(None)))
        }
        made = plan(rows, [_known(row) for row in found.values()])
        if made.moves and not dry_run:
            _apply(use, session, made, found, by)
    return Imported(len(made.moves), made.unchanged, made.unmatched, tuple(made.problems))


def _require_free(session: Session, machine: Machine, spot: Location) -> None:
    if not spot.is_a_spot:
        return
    same = (Machine.site == spot.site, Machine.rack == spot.rack, Machine.rack_unit == spot.unit)
    query = select(Machine.hostname).where(*same, Machine.vanished_at.is_(None), Machine.id != machine.id)
    other = session.scalars(query.limit(1)).first()
    if other is not None:
        hint = "Locate that one elsewhere first, or leave the unit out: a rack may be shared."
        raise Conflict(f"{other} stands at {spot}.", hint=hint)


def _known(row: Mapping[str, Any]) -> Known:
    names = {
        "system_id": (row["system_id"],),
        "serial": (row["serial"],),
        "mac": tuple(row["mac_addresses"]),
        "hostname": (row["hostname"], row["fqdn"]),
    }
    return Known(row["id"], row["hostname"], names, Location(row["site"], row["rack"], row["rack_unit"]))


def _apply(use: Use, session: Session, made: Plan, found: Mapping[str, dict[str, Any]], by: str) -> None:
    now = use.database.now(session)
    changes, events = [], []
    for machine_id, (_, after) in made.moves.items():
        row = found[machine_id]
        before = Location(row["site"], row["rack"], row["rack_unit"])
        moved: Any = SimpleNamespace(**{**row, "site": after.site, "rack": after.rack})
        changes.append(
            {"id": machine_id, "site": after.site, "rack": after.rack, "unit": after.unit,
             "search": machines.search_text(moved)}
        )  # fmt: skip
        events.append(
            {"machine_id": machine_id, "source": Source.PERSON.value, "kind": PersonEvent.LOCATED.value,
             "level": Level.INFO.value, "message": _said(before, after), "actor": by, "occurred_at": now,
             "recorded_at": now}
        )  # fmt: skip
    _write(session, changes)
    session.execute(insert(MachineEvent), events)


def _write(session: Session, changes: Sequence[Mapping[str, Any]]) -> None:
    GIVEN.create(session.connection())
    session.execute(insert(GIVEN), changes)
    new = GIVEN.c
    change = update(Machine).where(Machine.id == new.id)
    change = change.values(site=new.site, rack=new.rack, rack_unit=new.unit, search=new.search)
    session.execute(change, execution_options={"synchronize_session": False})
    GIVEN.drop(session.connection())


def _said(before: Location, after: Location) -> str:
    return f"location {after}, before {before}"
