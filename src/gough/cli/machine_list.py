"""`gough machine list`."""

import sys
from itertools import islice
from typing import Annotated

import typer

from gough.cli.choice import backend
from gough.cli.machine_choice import Matching, filters
from gough.cli.output import Format, Output
from gough.cli.sharing import takes
from gough.cli.streaming import show_all

COLUMNS = ("hostname", "service", "service_since", "maas", "power_state", "site", "rack", "unit", "reason")
TABLE_ROWS = 200


@takes(matching=filters)
def list_machines(
    matching: Matching,
    output: Output = Format.TABLE,
    sort: Annotated[str, typer.Option(help="hostname, -status_since, status or site.")] = "hostname",
    limit: Annotated[int, typer.Option(min=0, help="At most so many. Without it: 200 in a table, else all.")] = 0,
) -> None:
    """Machines that match every option."""
    text, given = matching
    rows = backend("machines").listed(text, given, sort)
    most = limit or (TABLE_ROWS if output is Format.TABLE else None)
    show_all(islice(rows, most), COLUMNS, output)
    if not limit and next(rows, None) is not None:
        sys.stderr.write(f"These are the first {most}. More: --limit; all: -o json.\n")
