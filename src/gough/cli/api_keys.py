"""`gough api-key`: keys for programs."""

from datetime import timedelta
from typing import Annotated

import typer

from gough.cli.output import Format, Output, show
from gough.domain.permissions import Permission

app = typer.Typer(help="API keys: list, create, rotate, revoke.", no_args_is_help=True)
COLUMNS = ("id", "name", "owner", "scopes", "networks", "expires_at", "used_at", "used_from")
Key = Annotated[str, typer.Argument(metavar="ID", help="The key's id, as `gough api-key list` shows it.")]


@app.command("list")
def list_keys(output: Output = Format.TABLE) -> None:
    """Everybody's keys; never their secrets."""
    from gough.cli.embedded import use
    from gough.services import api_key_shape, api_keys

    with use().database.read() as session:
        now = use().database.now(session)
        rows = [api_key_shape.details(row, now) for row in api_keys.listed(session, owner=None)]
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
    from gough.cli.embedded import use
    from gough.services import api_keys, users

    with use().database.read() as session:
        owner = users.find(session, user)
    wish = api_keys.Wish(name, frozenset(scope), tuple(network or ()), days)
    print(api_keys.create(use(), owner.id, wish)[1])


@app.command()
def rotate(
    key: Key, overlap_hours: Annotated[int, typer.Option(help="The old secret is good for so long as well.")] = 24
) -> None:
    """Print another secret for a key. It is never shown again."""
    from gough.cli.embedded import use
    from gough.services import api_keys

    print(api_keys.rotate(use(), key, owner=None, overlap=timedelta(hours=overlap_hours))[1])


@app.command()
def revoke(key: Key) -> None:
    """It is good for nothing from now on."""
    from gough.cli.embedded import use
    from gough.services import api_keys

    api_keys.revoke(use(), key, owner=None)
    print(f"{key} is revoked.")
