"""`gough machine locate` and `gough machine import-locations`."""

import sys
from typing import Annotated

import typer

from gough.cli.choice import backend
from gough.cli.machine_show import Name
from gough.cli.output import Format, Output, show, show_one

Part = str | None


def locate(
    name: Name,
    site: Annotated[Part, typer.Option(help="The site; '' clears it.")] = None,
    rack: Annotated[Part, typer.Option(help="The rack; '' clears it.")] = None,
    unit: Annotated[Part, typer.Option(help="The unit, from the rack's floor: 12, 12.5 or U12; '' clears it.")] = None,
) -> None:
    """Say where a machine stands. What is left out stays; MAAS is not told."""
    seen = backend("work").locate(name, site=site, rack=rack, unit=unit)
    print(f"{seen['hostname']}: {seen['location']}")


def import_locations(
    file: Annotated[typer.FileBinaryRead, typer.Argument(help="CSV, or NetBox's export as CSV or JSON; - reads here.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")] = False,
    output: Output = Format.TABLE,
) -> None:
    """Say where many machines stand. Good rows count, whatever is wrong with others; exit code 1 if anything was."""
    done = backend("work").import_locations(file.read(), dry_run=dry_run)
    if output is Format.TABLE:
        counts = {"would_update" if dry_run else "updated": done["updated"], "unchanged": done["unchanged"],
                  "unmatched": done["unmatched"], "problems": len(done["problems"])}  # fmt: skip
        show_one(counts, output)
        if done["problems"]:
            sys.stdout.write("\n")
            rows = [{"at": each["pointer"], "problem": each["message"]} for each in done["problems"]]
            show(rows, ("at", "problem"), output)
    else:
        show_one(done, output)
    if done["problems"]:
        raise typer.Exit(1)
