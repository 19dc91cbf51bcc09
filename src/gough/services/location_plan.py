"""What a file of locations would change: each row's machine found, its location checked, no spot given twice."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gough.domain.errors import Invalid, Problem
from gough.domain.locations import Location, read_location, unit_text
from gough.services.location_files import KEYS, Row


@dataclass(frozen=True, slots=True)
class Known:
    """A machine as it is now. `names` are {key: what it answers to under it}, in lower case."""

    id: str
    hostname: str
    names: Mapping[str, tuple[str, ...]]
    location: Location


@dataclass
class Plan:
    """`moves` are {machine: (row, new location)}. Problems point at lines of the file."""

    moves: dict[str, tuple[Row, Location]] = field(default_factory=dict)
    unmatched: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)


def plan(rows: Sequence[Row], machines: Sequence[Known]) -> Plan:
    """The good rows become moves; what is wrong with the others is told. Moves to where a machine is are left out."""
    made, index = Plan(), _index(machines)
    by_id = {machine.id: machine for machine in machines}
    for row in rows:
        found = _match(row, index)
        if len(found) != 1:
            made.unmatched += not found
            made.problems.append(Problem(row.where, _mismatch(row, [by_id[machine_id] for machine_id in found])))
            continue
        _place(made, row, by_id[next(iter(found))])
    _refuse_shared_spots(made, by_id)
    kept = {machine_id: move for machine_id, move in made.moves.items() if by_id[machine_id].location != move[1]}
    made.unchanged, made.moves = len(made.moves) - len(kept), kept
    order = {row.where: number for number, row in enumerate(rows)}
    made.problems.sort(key=lambda problem: order[problem.pointer])
    return made


def clean_key(key: str, value: str) -> str:
    """As two spellings of the same are compared."""
    return "".join(c for c in value.lower() if c not in ":-.") if key == "mac" else value.lower()


def _index(machines: Iterable[Known]) -> dict[tuple[str, str], set[str]]:
    index: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for machine in machines:
        for key, names in machine.names.items():
            for name in names:
                if name:
                    index[key, clean_key(key, name)].add(machine.id)
    return index


def _match(row: Row, index: Mapping[tuple[str, str], set[str]]) -> set[str]:
    """The machines that the row may mean: the first key that leaves one decides."""
    left: set[str] = set()
    for key in KEYS:
        value = row.fields.get(key, "")
        found = index.get((key, clean_key(key, value)), set()) if value else set()
        left = (left & found or left) if left else found
        if len(left) == 1:
            break
    return left


def _mismatch(row: Row, found: list[Known]) -> str:
    named = ", ".join(f"{key} {row.fields[key][:80]!r}" for key in KEYS if row.fields.get(key)) or "an empty row"
    if not found:
        return f"no machine matches {named}"
    several = ", ".join(sorted(machine.hostname for machine in found)[:5])
    return f"{len(found)} machines match {named}: {several}"


def _place(made: Plan, row: Row, machine: Known) -> None:
    old, given = machine.location, row.fields
    unit = given.get("unit", unit_text(old.unit))
    try:
        location = read_location(given.get("site", old.site), given.get("rack", old.rack), unit)
    except Invalid as error:
        made.problems += [Problem(row.where, f"{p.pointer.strip('/')}: {p.message}") for p in error.problems]
        return
    if machine.id in made.moves:
        earlier = made.moves[machine.id][0].where
        made.problems.append(Problem(row.where, f"{machine.hostname} is in {earlier} already"))
        return
    made.moves[machine.id] = (row, location)


def _refuse_shared_spots(made: Plan, machines: Mapping[str, Known]) -> None:
    """Drops the moves that would end with two machines on one spot; who is dropped stays where it was."""
    spots: defaultdict[Location, set[str]] = defaultdict(set)
    for machine_id, machine in machines.items():
        location = made.moves[machine_id][1] if machine_id in made.moves else machine.location
        if location.is_a_spot:
            spots[location].add(machine_id)
    crowded = [spot for spot, there in spots.items() if len(there) > 1]
    while crowded:
        spot = crowded.pop()
        there = spots[spot]
        refused = sorted(there & made.moves.keys()) if len(there) > 1 else []
        for machine_id in refused:
            others = ", ".join(sorted(machines[other].hostname for other in there - {machine_id})[:5])
            said = f"{machines[machine_id].hostname} would share {spot} with {others}"
            made.problems.append(Problem(made.moves[machine_id][0].where, said))
        for machine_id in refused:
            crowded += _stays(made, machines[machine_id], spots, spot)


def _stays(made: Plan, machine: Known, spots: defaultdict[Location, set[str]], instead_of: Location) -> list[Location]:
    """Takes a move back; the spot that may be crowded by that."""
    del made.moves[machine.id]
    spots[instead_of].discard(machine.id)
    if machine.location.is_a_spot:
        spots[machine.location].add(machine.id)
        return [machine.location]
    return []
