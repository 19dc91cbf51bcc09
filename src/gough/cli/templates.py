"""`gough template`."""

from pathlib import Path
from typing import Annotated

import typer

from gough.cli.output import Format, Output, show, show_one

app = typer.Typer(help="Templates: list, show, import.", no_args_is_help=True)


@app.command("list")
def list_templates(output: Output = Format.TABLE) -> None:
    """Every template's newest version."""
    from gough.cli.embedded import use
    from gough.services import templates

    with use().database.read() as session:
        rows = []
        for version in templates.newest_versions(session):
            source = templates.source_of(version)
            required = [v.name for v in source.variables if v.required]
            rows.append(
                {"name": source.name, "version": version.number, "series": source.series, "needs": required,
                 "description": source.description, "checksum": version.checksum}
            )  # fmt: skip
    show(rows, ("name", "version", "series", "needs", "description"), output)


@app.command("show")
def show_template(
    name: Annotated[str, typer.Argument(help="docker-host, or docker-host@2")], output: Output = Format.TABLE
) -> None:
    """One version: its variables and its body."""
    from gough.cli.embedded import use
    from gough.services import templates

    with use().database.read() as session:
        version = templates.find_version(session, name)
        source = templates.source_of(version)
    if output is not Format.TABLE:
        show_one({"name": source.name, "version": version.number, "body": source.body}, output)
        return
    rows = [
        {"name": v.name, "type": v.type.value, "required": v.required, "default": v.default, "about": v.description}
        for v in source.variables
    ]
    print(f"{source.name}@{version.number}  {source.description}\n")
    show(rows, ("name", "type", "required", "default", "about"), output)
    print(f"\n{source.body}")


@app.command("import")
def import_templates(folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)]) -> None:
    """Read every template below a folder; a changed one becomes a new version."""
    from gough.cli.embedded import me, use
    from gough.services import templates

    for imported in templates.import_library(use(), folder, by=me()):
        print(f"{imported.label}{'' if imported.is_new else '  unchanged'}")
