"""Which machines: the filters of `gough machine list`, which choose for bulk operations too."""

from collections.abc import Mapping
from typing import Annotated

import typer

from gough.cli.choice import backend
from gough.cli.sharing import takes

Several = list[str] | None
Matching = tuple[str, Mapping[str, list[str]]]
"""A text, and {filter: its values}; not looked at yet."""


def fields(
    status: Annotated[Several, typer.Option(help="MAAS's status: deployed, failed_deployment, …")] = None,
    service: Annotated[Several, typer.Option(help="in_service, in_progress, attention or out.")] = None,
    tag: Annotated[Several, typer.Option(help="Given twice, machines have both.")] = None,
    zone: Annotated[Several, typer.Option(help="Given twice, machines are in either; so with all but --tag.")] = None,
    pool: Annotated[Several, typer.Option(help="A resource pool.")] = None,
    region: Annotated[Several, typer.Option(help="A MAAS region's name.")] = None,
    owner: Annotated[Several, typer.Option(help="Its owner in MAAS; - is nobody.")] = None,
    site: Annotated[Several, typer.Option(help="Where it stands; - is not known.")] = None,
    rack: Annotated[Several, typer.Option(help="The rack it stands in; - is not known.")] = None,
    power_state: Annotated[Several, typer.Option(help="on, off, unknown or error.")] = None,
    architecture: Annotated[Several, typer.Option(help="amd64, or amd64/generic.")] = None,
    locked: Annotated[Several, typer.Option(help="true or false.")] = None,
    agent: Annotated[Several, typer.Option(help="What its agent is called: online, offline, …; none has none.")] = None,
) -> dict[str, list[str]]:
    """{filter: its values}, of those given; not looked at yet."""
    given = {
        "status": status, "service": service, "tag": tag, "zone": zone, "pool": pool, "region": region, "owner": owner,
        "site": site, "rack": rack, "power_state": power_state, "architecture": architecture, "locked": locked,
        "agent": agent,
    }  # fmt: skip
    return {name: values for name, values in given.items() if values}


@takes(given=fields)
def filters(
    given: dict[str, list[str]],
    query: Annotated[str, typer.Option("-q", "--query", help="Text in name, MAC, IP, serial, tag, site or rack.")] = "",
) -> Matching:
    return query.strip(), given


@takes(matching=filters)
def chosen(
    matching: Matching,
    machine: Annotated[
        Several, typer.Option("--machine", help="Hostname, fqdn, system_id or id; no filters then.")
    ] = None,
) -> list[str]:
    """The machines' ids: those named, else all that match. Raises Invalid, NotFound."""
    from gough.domain.errors import Invalid

    text, given = matching
    if not machine:
        found: list[str] = backend("machines").ids(text, given)
        return found
    if text or given:
        raise Invalid("--machine and filters do not go together.", hint="Name the machines, or give filters.")
    return [backend("machines").named(name)["id"] for name in machine]
