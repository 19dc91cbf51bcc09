"""`gough api-key`: keys for programs."""

from typing import Annotated

import typer

from gough.cli.choice import backend
from gough.cli.output import Format, Output, show
from gough.domain.permissions import Permission

app = typer.Typer(help="API keys: list, create, rotate, revoke.", no_args_is_help=True)
COLUMNS = ("id", "name", "owner", "scopes", "networks", "expires_at", "used_at", "used_from")
Key = Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `gough api-key list` shows it.")]


@app.command("list")
def list_keys(output: Output = Format.TABLE) -> None:
    """Everybody's keys, or those you may see; never their secrets."""
    rows = backend("api_keys").listed()
    if output is Format.TABLE:
        for row in rows:
            row["expires_at"] = f"{row['expires_at']:%Y-%m-%d}" if row["expires_at"] else "never"
    show(rows, COLUMNS, output)


@app.command()
def create(
    user: Annotated[str, typer.Argument(help="Whose key it is. It never does more than its owner may.")],
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[list[Permission], typer.Option(help="What it may do; may be repeated.")],
    network: Annotated[list[str] | None, typer.Option(help="From where, like 10.20.0.0/16; may be repeated.")] = None,
    days: Annotated[int | None, typer.Option(help="It expires after so many days; without, never.")] = None,
) -> None:
    """Print a new key. It is never shown again."""
    print(backend("api_keys").create(user, name, scope, network or (), days))


@app.command()
def rotate(
    key: Key, overlap_hours: Annotated[int, typer.Option(help="The old secret is good for so long as well.")] = 24
) -> None:
    """Print another secret for a key. It is never shown again."""
    print(backend("api_keys").rotate(key, overlap_hours))


@app.command()
def revoke(key: Key) -> None:
    """It is good for nothing from now on."""
    backend("api_keys").revoke(key)
    print(f"{key} is revoked.")
