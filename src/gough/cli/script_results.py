"""`gough machine results`: what MAAS's scripts said of a machine."""

import sys
from typing import Annotated, Any

import typer

from gough.cli.choice import backend
from gough.cli.machine_show import Name
from gough.cli.output import Format, show
from gough.domain.plain_text import plain

Result = dict[str, Any]
FIELDS = ("name", "kind", "status", "exit_status", "output", "device")

Form = Annotated[Format, typer.Option("-o", "--format", help="How to print.")]


def results(
    name: Name,
    script: Annotated[str, typer.Option("--output", metavar="SCRIPT", help="Print this script's whole output.")] = "",
    form: Form = Format.TABLE,
) -> None:
    """The commissioning, testing and installation scripts that MAAS ran on it, newest first; asks MAAS now."""
    found = backend("machines").results(name, script)
    rows = [{field: value for field, value in each.items() if field in FIELDS} for each in found]
    if not script:
        show(
            [{field: value for field, value in row.items() if field != "output"} for row in rows],
            ("name", "kind", "status", "exit_status", "device"),
            form,
        )
    elif form is not Format.TABLE:
        show(rows, (), form)
    else:
        _print(found)


def _print(found: list[Result]) -> None:
    """A script's only result as it is; several, each under a line that says which it is."""
    for each in found:
        if len(found) > 1:
            device = f" on {each['device']}" if each["device"] else ""
            print(f"---- {each['name']} ({each['kind']}){device}: {each['status']}, exit {_exit(each)} ----")
        said = plain(each["output"]) if sys.stdout.isatty() else each["output"]
        print(said, end="" if said.endswith("\n") or not said else "\n")
        _explain(each)


def _explain(each: Result) -> None:
    """On the error stream: the output may be piped on."""
    if cause := each["cause"]:
        print(f"{cause['name']}: {cause['summary']}\ndo: {cause['next_action']}", file=sys.stderr)


def _exit(each: Result) -> str:
    return "-" if each["exit_status"] is None else str(each["exit_status"])
