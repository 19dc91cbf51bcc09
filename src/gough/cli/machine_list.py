"""`gough machine list`."""

import sys
from itertools import islice
from typing import Annotated, Any

import typer

from gough.cli.machine_choice import Matching, filters
from gough.cli.output import Format, Output
from gough.cli.sharing import takes
from gough.cli.streaming import show_all

COLUMNS = ("hostname", "service", "service_since", "maas", "power_state", "site", "rack", "unit", "reason")
PAGE = 500
TABLE_ROWS = 200


@takes(matching=filters)
def list_machines(
    matching: Matching,
    output: Output = Format.TABLE,
    sort: Annotated[str, typer.Option(help="hostname, -status_since, status or site.")] = "hostname",
    limit: Annotated[int, typer.Option(min=0, help="At most so many. Without it: 200 in a table, else all.")] = 0,
) -> None:
    """Machines that match every option."""
    from gough.cli.embedded import use
    from gough.domain.errors import Invalid, Problem
    from gough.services.machine_filters import REFUSED, choose
    from gough.services.machine_list import MachineQuery, Sort, pages

    if sort not in set(Sort):
        raise Invalid(REFUSED, problems=[Problem("--sort", f"expected one of {', '.join(Sort)}")])
    text, given = matching
    chosen = choose(given, mark="--")
    wanted = MachineQuery(text, chosen, Sort(sort), limit=PAGE)
    rows = (_row(row) for page in pages(use().database, wanted) for row in page)
    most = limit or (TABLE_ROWS if output is Format.TABLE else None)
    show_all(islice(rows, most), COLUMNS, output)
    if not limit and next(rows, None) is not None:
        sys.stderr.write(f"These are the first {most}. More: --limit; all: -o json.\n")


def _row(row: dict[str, Any]) -> dict[str, Any]:
    from gough.domain.machine_status import MachineStatus

    del row["region_id"]
    return {**row, "maas": MachineStatus(row["status"]).label}
