"""`gough login` and `gough logout`: a sign-in of a person, kept for a context."""

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gough.cli.choice import Server
    from gough.client import Client
    from gough.web.api.answers.people import Tokens


def login(
    name: Annotated[str, typer.Option(help="Your name there; asked for without.")] = "",
    password_file: Annotated[
        typer.FileText | None, typer.Option(help="File with the password; - reads it here. Asked for without.")
    ] = None,
    code: Annotated[str, typer.Option(help="Of your second factor; asked for where one is wanted.")] = "",
) -> None:
    """Sign in to the chosen context. It lasts for weeks, and `gough logout` ends it."""
    from gough.cli.places import sign_in_file
    from gough.cli.remote.connecting import anonymous
    from gough.cli.sign_ins import SignIn, save

    server = _server()
    name = name or _asked("Name")
    password = password_file.read().rstrip("\r\n") if password_file else _asked("Password", hidden=True)
    with anonymous(server) as client:
        made = _signed_in(client, name, password, code)
    save(sign_in_file(server.context.name), SignIn.of(server.context.url, made))
    print(f"Signed in at {server.context.url} as {name}.")


def logout() -> None:
    """End the sign-in of the chosen context, there and here."""
    from gough.cli.places import sign_in_file
    from gough.cli.remote.connecting import connected
    from gough.domain.errors import Unauthenticated

    server = _server()
    path = sign_in_file(server.context.name)
    with suppress(Unauthenticated):  # it had ended before
        connected(server).account.sign_out()
    path.unlink(missing_ok=True)
    print(f"Signed out of {server.context.url}.")


def _server() -> "Server":
    """Raises Invalid where there is nothing to sign in to."""
    from gough.cli.choice import chosen
    from gough.domain.errors import Invalid

    server = chosen()
    if server is None:
        raise Invalid("There is nobody to sign in to: no server is chosen.", hint="gough context add NAME URL --use")
    if server.token or server.context.token_file is not None:
        raise Invalid(
            f"{server.context.name} is used with a token of its own.", hint="Sign in to a context without --token-file."
        )
    return server


def _signed_in(client: "Client", name: str, password: str, code: str) -> "Tokens":
    from gough.domain.errors import SecondFactorNeeded

    try:
        return client.account.sign_in(name=name, password=password, code=code)
    except SecondFactorNeeded:
        if code:
            raise
        return client.account.sign_in(name=name, password=password, code=_asked("Code of your second factor"))


def _asked(what: str, *, hidden: bool = False) -> str:
    """Raises Invalid where nobody can be asked."""
    from gough.domain.errors import Invalid

    if not sys.stdin.isatty():
        raise Invalid(f"Nobody can be asked for the {what.lower()} here.", hint="See gough login --help.")
    return str(typer.prompt(what, hide_input=hidden, err=True))
