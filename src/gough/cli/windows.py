"""`gough window`: when work may begin on which machines."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from gough.cli.machine_choice import fields
from gough.cli.output import Format, Output, show
from gough.cli.sharing import takes

app = typer.Typer(help="Maintenance windows: list, add, remove.", no_args_is_help=True)
COLUMNS = ("name", "days", "start", "minutes", "timezone", "binds", "machines", "opens", "created_by")
Name = Annotated[str, typer.Argument(help="The window's name.")]


@app.command("list")
def list_windows(output: Output = Format.TABLE) -> None:
    """The maintenance windows, when each opens, and how many machines it binds."""
    from gough.cli.embedded import use
    from gough.services import window_shape, windows

    with use().database.read() as session:
        now = use().database.now(session)
        rows = [window_shape.details(session, row, now) for row in windows.listed(session)]
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
    from gough.cli.embedded import me, use
    from gough.domain.windows import Window, parse_days
    from gough.services import window_shape, windows
    from gough.services.machine_filters import choose

    applies = choose(given, mark="--")
    windows.add(use(), Window(name, parse_days(days), start, minutes, timezone), applies, by=me())
    with use().database.read() as session:
        found = windows.find(session, name)
        made = _for_people(window_shape.details(session, found, use().database.now(session)))
    print(f"{name}: binds {made['machines']} machines now ({made['binds']}); opens {made['opens']}.")


@app.command()
def remove(name: Name) -> None:
    """Take a window away. Machines that no other window binds may be worked on at any time."""
    from gough.cli.embedded import use
    from gough.services import windows

    windows.remove(use(), name)
    print(f"{name} is removed.")


def _for_people(row: Mapping[str, Any]) -> dict[str, Any]:
    joined = {name: " and " if name == "tag" else " or " for name in row["applies"]}
    chosen = [f"{name} {joined[name].join(values)}" for name, values in row["applies"].items()]
    opens = "now" if row["is_open"] else f"{row['opens_at']:%Y-%m-%d %H:%M} UTC"
    return {**row, "binds": "; ".join(chosen) or "every machine", "opens": opens}
