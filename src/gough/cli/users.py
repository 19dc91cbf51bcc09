"""`gough user`: accounts."""

from typing import Annotated

import typer

from gough.cli.choice import backend
from gough.cli.output import Format, Output, show
from gough.domain.permissions import Role

app = typer.Typer(help="Accounts: list, create, role, disable, enable, remove, reset.", no_args_is_help=True)
COLUMNS = ("name", "role", "is_disabled", "is_locked", "has_second_factor", "signed_in_at")
Name = Annotated[str, typer.Argument(help="The account's name.")]
RoleWord = Annotated[Role, typer.Argument(help="What it may do.")]


@app.command("list")
def list_users(output: Output = Format.TABLE) -> None:
    """Every account."""
    show(backend("users").listed(), COLUMNS, output)


@app.command()
def create(name: Name, role: RoleWord) -> None:
    """Make an account, and print the link with which its owner chooses a password, once, within a day."""
    print(backend("users").create(name, role))


@app.command("role")
def change_role(name: Name, role: RoleWord) -> None:
    """Let an account do more, or less."""
    print(f"{backend('users').change_role(name, role)} is {role.value}.")


@app.command()
def disable(name: Name) -> None:
    """End its sessions, tokens and keys at once; nobody signs in with it any more."""
    print(f"{backend('users').disable(name)} is disabled.")


@app.command()
def enable(name: Name) -> None:
    """Let it sign in again; what was ended stays ended."""
    print(f"{backend('users').enable(name)} may sign in.")


@app.command()
def remove(name: Name) -> None:
    """Remove an account and all it signs in with."""
    backend("users").remove(name)
    print(f"{name} is removed.")


@app.command("reset-password")
def reset_password(name: Name) -> None:
    """Print a link with which its owner chooses another password, once, within a day."""
    print(backend("users").reset_password(name))


@app.command("reset-second-factor")
def reset_second_factor(name: Name) -> None:
    """Take away the second factor of somebody who lost it."""
    backend("users").reset_second_factor(name)
    print(f"{name} has no second factor now.")
