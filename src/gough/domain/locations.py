"""Where a machine stands: its site, its rack, and the unit counted from the rack's floor. MAAS has no place for it."""

import re
import unicodedata
from dataclasses import dataclass

from gough.domain.errors import Invalid, Problem

LONGEST = 80
LOWEST, HIGHEST = 0.5, 100.0
NOWHERE = "unknown"
_UNIT = re.compile(r"[Uu]? ?(\d{1,3}(?:[.,]\d+)?) ?[Uu]?", re.ASCII)
_UNSEEN = frozenset({"Cc", "Cs"})


@dataclass(frozen=True, slots=True)
class Location:
    """`unit` is None where it is not known. What is not known is empty."""

    site: str = ""
    rack: str = ""
    unit: float | None = None

    def __str__(self) -> str:
        return " / ".join(part for part in (self.site, self.rack, unit_text(self.unit)) if part) or NOWHERE

    @property
    def is_a_spot(self) -> bool:
        """Whether it is so exact that one machine fills it."""
        return self.unit is not None


def read_location(site: str, rack: str, unit: str) -> Location:
    """As people and files give it. Raises Invalid with everything that is wrong, by `/site`, `/rack`, `/unit`."""
    problems = [
        Problem(f"/{name}", fault) for name, text in (("site", site), ("rack", rack)) if (fault := _fault(text.strip()))
    ]
    try:
        number = parse_unit(unit)
    except ValueError as error:
        problems.append(Problem("/unit", str(error)))
    else:
        if number is not None and not rack.strip():
            problems.append(Problem("/unit", "a unit needs the rack it is in"))
        if not problems:
            return Location(site.strip(), rack.strip(), number)
    raise Invalid(
        "This is not a location.", hint="Units are 0.5 to 100, whole or half: 12, 12.5, U12.", problems=problems
    )


def parse_unit(text: str) -> float | None:
    """`12`, `12.5`, `U12`; None for nothing. Raises ValueError, which says what is expected."""
    if not text.strip():
        return None
    found = _UNIT.fullmatch(text.strip())
    number = float(found[1].replace(",", ".")) if found else 0.0
    if not LOWEST <= number <= HIGHEST or number * 2 % 1:
        raise ValueError("expected a unit from 0.5 to 100, whole or half, like 12, 12.5 or U12")
    return number


def unit_text(unit: float | None) -> str:
    """`U12`, `U12.5`, or nothing."""
    return "" if unit is None else f"U{unit:g}"


def has_control_characters(text: str) -> bool:
    """Whether it holds what no name holds, and what databases and terminals stumble over."""
    return any(unicodedata.category(character) in _UNSEEN for character in text)


def _fault(text: str) -> str:
    if len(text) > LONGEST:
        return f"longer than {LONGEST} characters"
    return "contains control characters" if has_control_characters(text) else ""
