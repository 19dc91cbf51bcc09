"""What to deploy: the options of `gough machine deploy` and `gough bulk deploy`."""

from dataclasses import replace
from typing import Annotated, Any

import typer

from gough.cli.sharing import takes

Plan = dict[str, Any]
"""As `services.bulk` takes the parameters of a deployment."""
Several = list[str] | None
LINK = "eth0=10.0.0.0/24 or eth0=dmz,static,10.0.0.7."


def template_and_disks(
    template: Annotated[str, typer.Argument(help="A template: docker-host, or docker-host@2.")],
    variable: Annotated[Several, typer.Option("-v", "--var", help="name=value, or name=@file.")] = None,
    series: Annotated[str, typer.Option(help="Another release than the template's.")] = "",
    kernel: Annotated[str, typer.Option(help="A kernel that MAAS has for it: ga-24.04, hwe-24.04, …")] = "",
    storage_layout: Annotated[str, typer.Option(help="How MAAS lays the disks out: flat, lvm, bcache, blank.")] = "",
    link: Annotated[Several, typer.Option(metavar="IFACE=SUBNET[,MODE[,IP]]", help=LINK)] = None,
    lock: Annotated[bool, typer.Option("--lock", help="Lock it in MAAS once it is in service.")] = False,
) -> Plan:
    """Raises Invalid for what is not written as it should be."""
    from gough.cli.variables import parse
    from gough.domain.deploy_options import DeployOptions, parse_link

    links = tuple(parse_link(text) for text in link or [])
    options = DeployOptions(kernel=kernel, storage_layout=storage_layout, links=links, lock=lock)
    return {"template": template, "variables": parse(variable or []), "series": series, "options": options}


@takes(plan=template_and_disks)
def plan(
    plan: Plan,
    tag: Annotated[Several, typer.Option(help="A tag to add in MAAS; may be given several times.")] = None,
    pool: Annotated[str, typer.Option(help="The resource pool to move it to.")] = "",
    zone: Annotated[str, typer.Option(help="The zone to move it to.")] = "",
) -> Plan:
    return _placed(plan, tag, pool, zone)


@takes(plan=template_and_disks)
def plan_of_many(
    plan: Plan,
    add_tag: Annotated[Several, typer.Option(help="A tag to add in MAAS; --tag chooses machines.")] = None,
    to_pool: Annotated[str, typer.Option(help="The resource pool to move them to; --pool chooses machines.")] = "",
    to_zone: Annotated[str, typer.Option(help="The zone to move them to; --zone chooses machines.")] = "",
) -> Plan:
    return _placed(plan, add_tag, to_pool, to_zone)


def _placed(plan: Plan, tags: Several, pool: str, zone: str) -> Plan:
    return {**plan, "options": replace(plan["options"], tags=tuple(tags or ()), pool=pool, zone=zone).as_json()}
