"""`gough machine metrics` and `gough metrics top`: what machines have measured."""

from typing import Annotated

import typer

from gough.cli.choice import backend
from gough.cli.output import Format, Output, show

app = typer.Typer(no_args_is_help=True, help="What the fleet has measured.")
HOURS = Annotated[int, typer.Option(min=1, max=8760, help="Over how many hours until now.")]


@app.command("top")
def top(
    series: Annotated[str, typer.Argument(help="Such as cpu, memory, disk.")],
    limit: Annotated[int, typer.Option(min=1, max=100)] = 10,
    output: Output = Format.TABLE,
) -> None:
    """The machines that are highest in a series now."""
    show(backend("metrics").top(series, limit), ("hostname", "value", "unit", "at"), output)


def of_machine(
    name: Annotated[str, typer.Argument(help="Hostname, fqdn, system_id or id.")],
    series: Annotated[list[str] | None, typer.Option(help="May be repeated; all without.")] = None,
    hours: HOURS = 24,
    output: Output = Format.TABLE,
) -> None:
    """What a machine has measured: lowest, average, highest and last of each series."""
    rows = backend("metrics").summary(name, series or [], hours)
    show(rows, ("series", "unit", "points", "lowest", "average", "highest", "last"), output)
