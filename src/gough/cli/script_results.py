"""`gough machine results`: what MAAS's scripts said of a machine."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from gough.cli.machine_show import Name
from gough.cli.output import Format, show
from gough.domain.plain_text import plain
from gough.ports import ScriptResult

Form = Annotated[Format, typer.Option("-o", "--format", help="How to print.")]


def results(
    name: Name,
    script: Annotated[str, typer.Option("--output", metavar="SCRIPT", help="Print this script's whole output.")] = "",
    form: Form = Format.TABLE,
) -> None:
    """The commissioning, testing and installation scripts that MAAS ran on it, newest first; asks MAAS now."""
    from gough.cli.embedded import use
    from gough.services import script_results

    found = script_results.read(use(), name, output_of=script)
    rows = [asdict(each) for each in found]
    if not script:
        shown = [{field: value for field, value in row.items() if field != "output"} for row in rows]
        show(shown, ("name", "kind", "status", "exit_status", "device"), form)
    elif form is not Format.TABLE:
        show(rows, (), form)
    else:
        _print(found)


def _print(found: list[ScriptResult]) -> None:
    """A script's only result as it is; several, each under a line that says which it is."""
    for each in found:
        if len(found) > 1:
            device = f" on {each.device}" if each.device else ""
            print(f"---- {each.name} ({each.kind}){device}: {each.status}, exit {_exit(each)} ----")
        said = plain(each.output) if sys.stdout.isatty() else each.output
        print(said, end="" if said.endswith("\n") or not said else "\n")
        _explain(each)


def _explain(each: ScriptResult) -> None:
    """On the error stream: the output may be piped on."""
    from gough.services.script_results import meaning

    if cause := meaning(each):
        print(f"{cause.cause}: {cause.summary}\ndo: {cause.next_action}", file=sys.stderr)


def _exit(each: ScriptResult) -> str:
    return "-" if each.exit_status is None else str(each.exit_status)
