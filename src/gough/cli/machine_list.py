"""`gough machine list`."""

import sys
from itertools import islice
from typing import Annotated, Any

import typer

from gough.cli.output import Format, Output
from gough.cli.streaming import show_all

COLUMNS = ("hostname", "service", "service_since", "maas", "power_state", "site", "rack", "unit", "reason")
PAGE = 500
TABLE_ROWS = 200
Several = list[str] | None


def list_machines(
    output: Output = Format.TABLE,
    query: Annotated[str, typer.Option("-q", "--query", help="Text in name, MAC, IP, serial, tag, site or rack.")] = "",
    status: Annotated[Several, typer.Option(help="MAAS's status: deployed, failed_deployment, …")] = None,
    service: Annotated[Several, typer.Option(help="in_service, in_progress, attention or out.")] = None,
    tag: Annotated[Several, typer.Option(help="Given twice, machines have both.")] = None,
    zone: Annotated[Several, typer.Option(help="Given twice, machines are in either; so with all but --tag.")] = None,
    pool: Annotated[Several, typer.Option(help="A resource pool.")] = None,
    region: Annotated[Several, typer.Option(help="A MAAS region's name.")] = None,
    owner: Annotated[Several, typer.Option(help="Its owner in MAAS; - is nobody.")] = None,
    site: Annotated[Several, typer.Option(help="Where it stands; - is not known.")] = None,
    rack: Annotated[Several, typer.Option(help="The rack it stands in; - is not known.")] = None,
    power_state: Annotated[Several, typer.Option(help="on, off, unknown or error.")] = None,
    architecture: Annotated[Several, typer.Option(help="amd64, or amd64/generic.")] = None,
    locked: Annotated[Several, typer.Option(help="true or false.")] = None,
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
    given = {
        "status": status, "service": service, "tag": tag, "zone": zone, "pool": pool, "region": region, "owner": owner,
        "site": site, "rack": rack, "power_state": power_state, "architecture": architecture, "locked": locked,
    }  # fmt: skip
    chosen = choose({name: values for name, values in given.items() if values}, mark="--")
    wanted = MachineQuery(query.strip(), chosen, Sort(sort), limit=PAGE)
    rows = (_row(row) for page in pages(use().database, wanted) for row in page)
    most = limit or (TABLE_ROWS if output is Format.TABLE else None)
    show_all(islice(rows, most), COLUMNS, output)
    if not limit and next(rows, None) is not None:
        sys.stderr.write(f"These are the first {most}. More: --limit; all: -o json.\n")


def _row(row: dict[str, Any]) -> dict[str, Any]:
    from gough.domain.machine_status import MachineStatus

    del row["region_id"]
    return {**row, "maas": MachineStatus(row["status"]).label}
