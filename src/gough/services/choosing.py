"""Choosing the machines of a bulk operation by the list's filters: once, before it begins."""

from collections.abc import Mapping, Sequence

from gough.domain.errors import Invalid, Problem
from gough.domain.locations import has_control_characters
from gough.services.bulk import MOST_MACHINES
from gough.services.context import Use
from gough.services.machine_filters import choose
from gough.services.machine_list import MachineQuery, pages

PAGE = 500
REFUSED = "The machines cannot be chosen like this."


def ids_of(use: Use, given: Mapping[str, Sequence[str]], *, text: str = "", mark: str) -> list[str]:
    """The ids of the machines that match every filter and the text, in the list's order.

    `mark` stands before a filter's name in the pointer. Raises Invalid for filters that are wrong, for none at all
    (every machine is seldom what was meant), when nothing matches, and when too much does.
    """
    chosen, text = choose(given, mark=mark), text.strip()
    if has_control_characters(text):
        raise Invalid(REFUSED, problems=[Problem(f"{mark}q", "contains control characters")])
    if not chosen and not text:
        raise Invalid(REFUSED, hint="Give at least one filter; every machine is seldom what was meant.")
    ids: list[str] = []
    for page in pages(use.database, MachineQuery(text, chosen, limit=PAGE)):
        ids += [row["id"] for row in page]
        if len(ids) > MOST_MACHINES:
            raise Invalid(REFUSED, hint=f"More than {MOST_MACHINES} machines match; choose fewer at a time.")
    if not ids:
        raise Invalid("No machine matches.", hint="`gough machine list` takes the same filters.")
    return ids
