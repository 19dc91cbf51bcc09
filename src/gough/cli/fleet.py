"""`gough fleet`: the Fleet servers, their hosts and policies."""

from typing import Annotated, Any

import typer

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
    from gough.cli.embedded import use
    from gough.services.fleet_hosts import servers

    with use().database.read() as session:
        rows = [_server_row(servers.standing(session, each)) for each in servers.listed(session)]
    show(rows, SERVER_COLUMNS, output)


@server.command()
def add(
    name: Name,
    url: Annotated[str, typer.Argument(help="https://fleet.example:8443, with its URL prefix if it has one.")],
    token_file: Token,
    ca_file: Authority = None,
) -> None:
    """Follow a Fleet server. The token is tried first, and stored encrypted."""
    from gough.cli.embedded import use
    from gough.services.fleet_hosts import servers

    made = servers.add(use(), name, url, token_file.read().strip(), ca=ca_file.read() if ca_file else "")
    print(f"{made.name}: Fleet {made.version}, signed in as {made.username}.")


@server.command("test")
def test_server(name: Name, output: Output = Format.TABLE) -> None:
    """Ask the server who we are."""
    from gough.cli.embedded import use
    from gough.services.fleet_hosts import servers

    found = servers.test(use(), name)
    show_one({"name": found.name, "version": found.version, "username": found.username, "health": "ok"}, output)


@server.command()
def remove(name: Name) -> None:
    """Forget a server and what was read of it; on the server nothing changes."""
    from gough.cli.embedded import use
    from gough.services.fleet_hosts import servers

    servers.remove(use(), name)
    print(f"{name} is forgotten.")


@host.command("list")
def list_hosts(
    binding: Annotated[str, typer.Option(help="Only uuid, serial, hostname, none or conflict.")] = "",
    status: Annotated[str, typer.Option(help="Only online or offline.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 1000,
    output: Output = Format.TABLE,
) -> None:
    """Hosts, the machines they are, and by what that is known."""
    from gough.cli.embedded import use
    from gough.services.fleet_hosts import reading

    with use().database.read() as session:
        found = reading.hosts(session, limit=limit, binding=binding, status=status)
    rows = [
        {
            "hostname": line.host.hostname, "id": line.host.id, "uuid": line.host.uuid, "status": line.host.status,
            "machine": line.machine, "binding": line.host.binding, "failing": line.host.failing,
            "os_version": line.host.os_version, "server": line.server, "seen_at": line.host.seen_at,
            "note": line.host.binding_reason,
        }
        for line in found
    ]  # fmt: skip
    show(rows, HOST_COLUMNS, output)


@policy.command("list")
def list_policies(output: Output = Format.TABLE) -> None:
    """Policies, critical ones first, and on how many hosts they pass and fail."""
    from gough.cli.embedded import use
    from gough.services.fleet_hosts import reading

    with use().database.read() as session:
        found = reading.policies(session)
    rows = [
        {
            "id": line.policy.id, "critical": line.policy.critical, "name": line.policy.name,
            "passing": line.passing, "failing": line.failing, "unknown": line.unknown, "server": line.server,
            "pack": line.policy.pack, "resolution": line.policy.resolution,
        }
        for line in found
    ]  # fmt: skip
    show(rows, POLICY_COLUMNS, output)


@policy.command()
def results(
    policy_id: Annotated[str, typer.Argument(metavar="ID", help="From `gough fleet policy list`.")],
    verdict: Annotated[str, typer.Option(help="Only pass, fail or unknown.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 1000,
    output: Output = Format.TABLE,
) -> None:
    """How a policy turns out on each host, and since when."""
    from gough.cli.embedded import use
    from gough.services.fleet_hosts import reading

    with use().database.read() as session:
        found = reading.results(session, policy_id, verdict=verdict, limit=limit)
    rows = [
        {"hostname": line.host.hostname, "machine": line.machine, "verdict": line.verdict, "since": line.since}
        for line in found
    ]
    show(rows, RESULT_COLUMNS, output)


@policy.command("import")
def import_policies(
    name: Name,
    pack: Annotated[str, typer.Option(help="One that came with Gough, or a folder (with a slash in it).")] = "",
    output: Output = Format.TABLE,
) -> None:
    """Bring a server's policies in line with a pack; others are left alone. Importing again changes nothing."""
    from gough.cli.embedded import use
    from gough.services.fleet_hosts import pack as packs

    done = packs.import_pack(use(), name, pack or packs.DEFAULT)
    rows = [{"name": each.name, "critical": each.critical, "outcome": each.outcome} for each in done]
    show(rows, ("outcome", "critical", "name"), output)


def _server_row(standing: Any) -> dict[str, Any]:
    found = standing.server
    return {
        "name": found.name, "id": found.id, "url": f"{found.url}{found.url_prefix}", "health": found.health,
        "health_reason": found.health_reason, "hosts": standing.hosts, "online": standing.online,
        "unbound": standing.unbound, "conflicts": standing.conflicts, "version": found.version,
        "username": found.username, "polled_at": found.polled_at,
    }  # fmt: skip
