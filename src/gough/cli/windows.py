"""`gough window`: when work may begin on which machines."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from gough.cli.choice import backend
from gough.cli.machine_choice import fields
from gough.cli.output import Format, Output, show
from gough.cli.sharing import takes

app = typer.Typer(help="Maintenance windows: list, add, remove.", no_args_is_help=True)
COLUMNS = ("name", "days", "start", "minutes", "timezone", "binds", "machines", "opens", "created_by")
Name = Annotated[str, typer.Argument(help="The window's name.")]


@app.command("list")
def list_windows(output: Output = Format.TABLE) -> None:
    """The maintenance windows, when each opens, and how many machines it binds."""
    rows = backend("windows").listed()
    show([_for_people(row) for row in rows] if output is Format.TABLE else rows, COLUMNS, output)


@app.command()
@takes(given=fields)
def add(
    name: Name,
    given: Mapping[str, Sequence[str]],
    days: Annotated[str, typer.Option(help="sat,sun or mon-fri or daily.")],
    start: Annotated[str, typer.Option(metavar="HH:MM", help="When it opens.")],
    minutes: Annotated[int, typer.Option(help="How long it stays open.")],
    timezone: Annotated[str, typer.Option(help="Whose clock: Europe/Berlin, …")] = "UTC",
) -> None:
    """Work on the machines that match begins only while a window of theirs is open. No filter: every machine."""
    from gough.domain.windows import Window, parse_days

    window = Window(name, parse_days(days), start, minutes, timezone)
    made = _for_people(backend("windows").add(window, given))
    print(f"{name}: binds {made['machines']} machines now ({made['binds']}); opens {made['opens']}.")


@app.command()
def remove(name: Name) -> None:
    """Take a window away. Machines that no other window binds may be worked on at any time."""
    backend("windows").remove(name)
    print(f"{name} is removed.")


def _for_people(row: Mapping[str, Any]) -> dict[str, Any]:
    joined = {name: " and " if name == "tag" else " or " for name in row["applies"]}
    chosen = [f"{name} {joined[name].join(values)}" for name, values in row["applies"].items()]
    opens = "now" if row["is_open"] else f"{row['opens_at']:%Y-%m-%d %H:%M} UTC"
    return {**row, "binds": "; ".join(chosen) or "every machine", "opens": opens}
