"""`gough fleet`: the Fleet servers, their hosts and policies."""

from typing import Annotated

import typer

from gough.cli.choice import backend
from gough.cli.output import Format, Output, show, show_one

app = typer.Typer(help="Fleet: its servers, hosts and policies.", no_args_is_help=True)
server = typer.Typer(help="Fleet servers: list, add, test, remove.", no_args_is_help=True)
host = typer.Typer(help="Hosts as Fleet sees them.", no_args_is_help=True)
policy = typer.Typer(help="Policies: list, results, import.", no_args_is_help=True)
for name, group in (("server", server), ("host", host), ("policy", policy)):
    app.add_typer(group, name=name)

SERVER_COLUMNS = ("name", "health", "hosts", "online", "unbound", "conflicts", "version", "username", "polled_at")
HOST_COLUMNS = ("hostname", "status", "machine", "binding", "failing", "os_version", "server", "seen_at", "note")
POLICY_COLUMNS = ("id", "critical", "name", "passing", "failing", "unknown", "server")
RESULT_COLUMNS = ("hostname", "machine", "verdict", "since")
Name = Annotated[str, typer.Argument(help="The server's name.")]
Token = Annotated[typer.FileText, typer.Option(help="File with an API-only user's token; - reads it here.")]
Authority = Annotated[typer.FileText | None, typer.Option(help="PEM file of the authority of its certificate.")]


@server.command("list")
def list_servers(output: Output = Format.TABLE) -> None:
    """The Fleet servers Gough follows, and how many of their hosts are known machines."""
    show(backend("fleet").servers(), SERVER_COLUMNS, output)


@server.command()
def add(
    name: Name,
    url: Annotated[str, typer.Argument(help="https://fleet.example:8443, with its URL prefix if it has one.")],
    token_file: Token,
    ca_file: Authority = None,
) -> None:
    """Follow a Fleet server. The token is tried first, and stored encrypted."""
    made = backend("fleet").add(name, url, token_file.read().strip(), ca_file.read() if ca_file else "")
    print(f"{made['name']}: Fleet {made['version']}, signed in as {made['username']}.")


@server.command("test")
def test_server(name: Name, output: Output = Format.TABLE) -> None:
    """Ask the server who we are."""
    show_one(backend("fleet").test(name), output)


@server.command()
def remove(name: Name) -> None:
    """Forget a server and what was read of it; on the server nothing changes."""
    backend("fleet").remove(name)
    print(f"{name} is forgotten.")


@host.command("list")
def list_hosts(
    binding: Annotated[str, typer.Option(help="Only uuid, serial, hostname, none or conflict.")] = "",
    status: Annotated[str, typer.Option(help="Only online or offline.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 1000,
    output: Output = Format.TABLE,
) -> None:
    """Hosts, the machines they are, and by what that is known."""
    show(backend("fleet").hosts(binding=binding, status=status, limit=limit), HOST_COLUMNS, output)


@policy.command("list")
def list_policies(output: Output = Format.TABLE) -> None:
    """Policies, critical ones first, and on how many hosts they pass and fail."""
    show(backend("fleet").policies(), POLICY_COLUMNS, output)


@policy.command()
def results(
    policy_id: Annotated[str, typer.Argument(metavar="ID", help="From `gough fleet policy list`.")],
    verdict: Annotated[str, typer.Option(help="Only pass, fail or unknown.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 1000,
    output: Output = Format.TABLE,
) -> None:
    """How a policy turns out on each host, and since when."""
    show(backend("fleet").results(policy_id, verdict=verdict, limit=limit), RESULT_COLUMNS, output)


@policy.command("import")
def import_policies(
    name: Name,
    pack: Annotated[str, typer.Option(help="One that came with Gough, or a folder (with a slash in it).")] = "",
    output: Output = Format.TABLE,
) -> None:
    """Bring a server's policies in line with a pack; others are left alone. Importing again changes nothing."""
    show(backend("fleet").import_pack(name, pack), ("outcome", "critical", "name"), output)
