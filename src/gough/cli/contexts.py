"""`gough context`: the servers that commands may work with."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gough.cli.output import Format, Output, show, show_one

if TYPE_CHECKING:
    from gough.cli.context_file import Context

app = typer.Typer(help="Servers by name: list, add, use, remove, show.", no_args_is_help=True)
COLUMNS = ("current", "name", "url", "token")


def names(incomplete: str) -> list[str]:
    """For the shell's completion."""
    from gough.cli.context_file import EMBEDDED, read

    return [name for name in (EMBEDDED, *read().by_name) if name.startswith(incomplete)]


Known = Annotated[str, typer.Argument(metavar="NAME", autocompletion=names, help="The context's name, or embedded.")]


@app.command("list")
def list_contexts(output: Output = Format.TABLE) -> None:
    """Every context. `embedded` is the database of this host, and what is used while no other is chosen."""
    from gough.cli.context_file import EMBEDDED, read

    contexts = read()
    used = contexts.current or EMBEDDED
    here = {"name": EMBEDDED, "url": "", "token": "", "ca_file": ""}
    rows = [here, *(_row(each) for each in contexts.by_name.values())]
    for row in rows:
        row["current"] = row["name"] == used
    show([{**row, "current": "*" if row["current"] else " "} for row in rows] if output is Format.TABLE else rows,
         COLUMNS, output)  # fmt: skip


@app.command("show")
def show_context(
    name: Annotated[str, typer.Argument(autocompletion=names, help="Without: the one in use.")] = "",
    output: Output = Format.TABLE,
) -> None:
    """One context; without a name, the one that a command would use now, wherever that was said."""
    from gough.cli.choice import chosen
    from gough.cli.context_file import EMBEDDED, read

    if name and name != EMBEDDED:
        show_one(_row(read().find(name)), output)
        return
    server = None if name else chosen()
    if server is None:
        show_one({"name": EMBEDDED, "url": "", "token": "none: the database of this host", "ca_file": ""}, output)
        return
    row = _row(server.context)
    show_one({**row, "token": "of the environment"} if server.token else row, output)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What you call it.")],
    url: Annotated[str, typer.Argument(help="https://gough.example")],
    token_file: Annotated[
        Path | None, typer.Option(help="A file with an API key, mode 0600. Without it: gough login.")
    ] = None,
    ca_file: Annotated[Path | None, typer.Option(help="The authority of the server's certificate, in PEM.")] = None,
    allow_http: Annotated[bool, typer.Option("--allow-http", help="Yes, in plain http: that network is mine.")] = False,
    use: Annotated[bool, typer.Option("--use", help="And use it from now on.")] = False,
) -> None:
    """Name a server. An existing context of that name is changed."""
    from gough.cli.choice import checked
    from gough.cli.context_file import EMBEDDED, NAME, Context, read, write
    from gough.cli.private_files import read_secret
    from gough.domain.errors import Invalid

    if not NAME.fullmatch(name) or name == EMBEDDED:
        raise Invalid(f"A context cannot be called '{name}'.", hint="Letters, digits, dots, dashes; not embedded.")
    made = checked(Context(name, url.rstrip("/"), _whole(token_file), _whole(ca_file), allow_http))
    if made.token_file is not None:
        read_secret(made.token_file)
    known = read()
    write(replace(known, by_name={**known.by_name, name: made}, current=name if use else known.current))
    print(f"{name} is {made.url}.")
    if made.token_file is None:
        print(f"Sign in: gough --context {name} login")


@app.command("use")
def use_context(name: Known) -> None:
    """Work with this one from now on."""
    from gough.cli.context_file import EMBEDDED, read, write

    known = read()
    if name != EMBEDDED:
        known.find(name)
    write(replace(known, current="" if name == EMBEDDED else name))
    print(f"Commands work with {name} now.")


@app.command()
def remove(name: Known) -> None:
    """Forget a context and its sign-in. The sign-in still counts on the server: `gough logout` ends it there."""
    from gough.cli.context_file import read, write
    from gough.cli.places import sign_in_file

    known = read()
    known.find(name)
    rest = {each: about for each, about in known.by_name.items() if each != name}
    write(replace(known, by_name=rest, current="" if known.current == name else known.current))
    sign_in_file(name).unlink(missing_ok=True)
    print(f"{name} is forgotten.")


def _row(context: "Context") -> dict[str, Any]:
    from gough.cli.places import sign_in_file

    signed_in = "signed in" if sign_in_file(context.name).exists() else "none yet"
    return {
        "name": context.name, "url": context.url, "token": str(context.token_file or signed_in),
        "ca_file": str(context.ca_file or ""),
    }  # fmt: skip


def _whole(path: Path | None) -> Path | None:
    return None if path is None else path.expanduser().absolute()
