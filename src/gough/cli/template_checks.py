"""`gough template validate` and `render`: what a template would do, before it does it."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from gough.cli.choice import backend
from gough.cli.output import Format, Output, show


def validate(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The template's folder.")],
    output: Output = Format.TABLE,
) -> None:
    """Check a template in a folder: errors and warnings by line. Needs neither server nor database.

    What it extends is looked for beside the folder, then among Gough's own templates.
    """
    from gough.cli.failures import FAILED
    from gough.cloud_init.examine import examine
    from gough.cloud_init.findings import Severity
    from gough.cloud_init.library import Library, read
    from gough.shared_files import shared

    source = read(folder, Library(shared("cloud-init/templates")).find)
    findings = examine(source)
    rows = [{"severity": f.severity.value, "at": str(f.mark), "message": f.message} for f in findings]
    if rows or output is not Format.TABLE:
        show(rows, ("severity", "at", "message"), output)
    else:
        print(f"{source.name} can be used: {len(source.variables)} variables, {len(source.parts)} parts.")
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise typer.Exit(FAILED)


def render(
    name: Annotated[str, typer.Argument(help="docker-host, or docker-host@2")],
    machine: Annotated[str, typer.Option("-m", "--machine", help="The machine to render for.")],
    variable: Annotated[list[str] | None, typer.Option("-v", "--var", help="name=value, or name=@file.")] = None,
) -> None:
    """Print the user-data that a machine would get, with its secrets hidden. Nothing is stored or sent."""
    from gough.cli.variables import parse

    user_data, findings = backend("templates").render(name, machine, parse(variable or []))
    for each in findings:
        print(f"{each['severity']}: {each['at']}: {each['message']}", file=sys.stderr)
    print(user_data, end="")
