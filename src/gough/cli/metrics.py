"""`gough machine metrics` and `gough metrics top`: what machines have measured."""

from datetime import timedelta
from typing import Annotated

import typer

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
    from gough.cli.embedded import use
    from gough.domain.metrics import BY_NAME
    from gough.services import metrics

    with use().database.read() as session:
        found = metrics.top(session, series, limit, use().database.now(session))
    unit = BY_NAME[series].unit
    rows = [{"hostname": p.hostname, "value": round(p.value, 2), "unit": unit, "at": p.at} for p in found]
    show(rows, ("hostname", "value", "unit", "at"), output)


def of_machine(
    name: Annotated[str, typer.Argument(help="Hostname, fqdn, system_id or id.")],
    series: Annotated[list[str] | None, typer.Option(help="May be repeated; all without.")] = None,
    hours: HOURS = 24,
    output: Output = Format.TABLE,
) -> None:
    """What a machine has measured: lowest, average, highest and last of each series."""
    from gough.cli.embedded import use
    from gough.domain.metrics import BY_NAME
    from gough.services import machines, metrics

    with use().database.read() as session:
        now = use().database.now(session)
        found = metrics.chart(
            session, machines.find(session, name), series or [], now - timedelta(hours=hours), now, now=now,
            interval_seconds=use().settings.agent_interval_seconds,
        )  # fmt: skip
    rows = [
        {
            "series": each, "unit": BY_NAME[each].unit, "points": len(points),
            "lowest": round(min(cell.low for _, cell in points), 2),
            "average": round(sum(cell.total for _, cell in points) / sum(cell.count for _, cell in points), 2),
            "highest": round(max(cell.high for _, cell in points), 2), "last": round(points[-1][1].last, 2),
        }
        for each, points in found.series.items()
        if points
    ]  # fmt: skip
    show(rows, ("series", "unit", "points", "lowest", "average", "highest", "last"), output)
