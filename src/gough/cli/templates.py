"""`gough template`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gough.cli import template_changes, template_checks
from gough.cli.choice import backend
from gough.cli.output import Format, Output, show, show_one

app = typer.Typer(help="Templates: list, show, check, compare, import.", no_args_is_help=True)
app.command("validate")(template_checks.validate)
app.command("render")(template_checks.render)
app.command("diff")(template_changes.diff)
app.command("used")(template_changes.used)
app.command("versions")(template_changes.versions)
app.command("revert")(template_changes.revert)


@app.command("list")
def list_templates(output: Output = Format.TABLE) -> None:
    """Every template's newest version."""
    rows = [
        {**{name: each[name] for name in ("name", "version", "series", "extends")},
         "needs": [v["name"] for v in each["variables"] if v["required"]], "description": each["description"],
         "checksum": each["checksum"]}
        for each in backend("templates").listed()
    ]  # fmt: skip
    show(rows, ("name", "version", "series", "extends", "needs", "description"), output)


@app.command("show")
def show_template(
    name: Annotated[str, typer.Argument(help="docker-host, or docker-host@2")], output: Output = Format.TABLE
) -> None:
    """One version: its variables and its parts."""
    found = backend("templates").one(name)
    if output is not Format.TABLE:
        show_one(found, output)
        return
    print(f"{found['label']}  {found['description']}\n")
    if found["composed_of"]:
        labels = ", ".join(str(each["label"]) for each in found["composed_of"])
        print(f"Composed of {labels} and its own parts.\n")
    show([_row(variable) for variable in found["variables"]], ("name", "type", "needed", "default", "about"), output)
    for part in found["parts"]:
        print(f"\n# ---- {part['owner']}/{part['file']}\n{part['text']}", end="")


@app.command("import")
def import_templates(folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)]) -> None:
    """Read and check every template below a folder; a changed one becomes the newest version."""
    for label, is_new in backend("templates").import_folder(folder):
        print(f"{label}{'' if is_new else '  unchanged'}")


def _row(variable: dict[str, Any]) -> dict[str, Any]:
    conditions = " and ".join(f"{name} is {value}" for name, value in variable["required_when"].items())
    needed = "yes" if variable["required"] else f"if {conditions}" if conditions else ""
    return variable | {"needed": needed, "about": variable["description"]}
