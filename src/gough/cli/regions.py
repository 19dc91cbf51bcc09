"""`gough region` and `gough sync`."""

from typing import Annotated, Any

import typer

from gough.cli.output import Format, Output, show, show_one

app = typer.Typer(help="MAAS regions: list, add, test.", no_args_is_help=True)
COLUMNS = ("name", "health", "version", "username", "url", "polled_at", "health_reason")


@app.command("list")
def list_regions(output: Output = Format.TABLE) -> None:
    """The regions Gough follows."""
    from gough.cli.embedded import use
    from gough.services import regions

    with use().database.read() as session:
        rows = [_row(region) for region in regions.listed(session)]
    show(rows, COLUMNS, output)


@app.command()
def add(
    name: str,
    url: Annotated[str, typer.Argument(help="http://…:5240/MAAS/")],
    key_file: Annotated[typer.FileText, typer.Option(help="File with the API key (`maas apikey`); - reads it here.")],
) -> None:
    """Follow a region. The key is tried first, and stored encrypted."""
    from gough.cli.embedded import use
    from gough.services import regions

    region = regions.add(use(), name, url, key_file.read().strip())
    print(f"{region.name}: MAAS {region.version}, signed in as {region.username}.")


@app.command()
def test(name: str, output: Output = Format.TABLE) -> None:
    """Ask the region who we are."""
    from gough.cli.embedded import use
    from gough.services import regions

    show_one(_row(regions.test(use(), name)), output)


def sync() -> None:
    """Look at every region once, now."""
    from gough.cli.embedded import use
    from gough.services import regions
    from gough.services import sync as following

    following.poll_all(use())
    with use().database.read() as session:
        rows = [_row(region) for region in regions.listed(session)]
    show(rows, ("name", "health", "polled_at", "health_reason"), Format.TABLE)
    if any(row["health"] != "ok" for row in rows):
        raise typer.Exit(6)


def _row(region: Any) -> dict[str, Any]:
    return {name: getattr(region, name) for name in ("id", *COLUMNS)}
