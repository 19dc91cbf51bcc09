"""`gough lab`."""

from pathlib import Path
from typing import Annotated

import typer

from gough.cli.output import Format
from gough.domain.errors import Invalid


def lab(
    machines: Annotated[int, typer.Option(min=1, max=200, help="How many bare servers.")] = 3,
    preinstalled: Annotated[int, typer.Option(min=0, help="How many of them somebody else deploys in MAAS.")] = 0,
    speed: Annotated[float, typer.Option(min=1, max=600, help="How much faster than real servers.")] = 60,
    deploy: Annotated[str, typer.Option(help="The template to deploy.")] = "base-server",
    fault: Annotated[list[str] | None, typer.Option(help="NAME strikes all machines, NAME:2 the second.")] = None,
    list_faults: Annotated[bool, typer.Option("--list-faults", help="Print the faults and exit.")] = False,
    hardware: Annotated[
        str, typer.Option(metavar="virtual|qemu", help="qemu: machines with disks, consoles and an operating system.")
    ] = "virtual",
    maas_seconds: Annotated[
        float, typer.Option(min=0, max=60, help="How long MAAS takes to answer about machines; a real one: 0.5.")
    ] = 0,
    machine_kb: Annotated[
        int, typer.Option(min=0, max=1000, help="How much MAAS says of a machine; a real one: 37 to 43.")
    ] = 0,
    feed: Annotated[bool, typer.Option(help="Follow the feed of MAAS's own pages, too.")] = True,
    exit_when_done: Annotated[bool, typer.Option(help="Stop when every machine has arrived or failed.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The portal's port; 0 takes a free one.")] = 8000,
    folder: Annotated[Path, typer.Option(help="Where the lab keeps its files; emptied at start.")] = Path(".lab"),
    output: Annotated[
        Format, typer.Option("-o", "--output", help="json: the last line is one JSON object.")
    ] = Format.TABLE,
) -> None:
    """Run the whole of Gough on this computer, with an emulated MAAS and virtual machines."""
    from gough.lab import faults

    if list_faults:
        for known in faults.FAULTS:
            print(f"{known.name:21} {known.point:14} {known.summary}")
        return
    from gough.lab.maas.serving import as_slow_as
    from gough.lab.runner import Hardware, Options, run

    if hardware not in tuple(Hardware):
        raise Invalid(f"There is no hardware '{hardware}'.", hint=f"One of: {', '.join(Hardware)}.")

    if preinstalled > machines:
        raise Invalid(f"{preinstalled} of {machines} machines cannot be preinstalled.", hint="Raise --machines.")
    options = Options(
        machines=machines, preinstalled=preinstalled, speed=speed, template=deploy, feed=feed,
        injections=tuple(faults.parse(text, machines, preinstalled) for text in fault or ()),
        exit_when_done=exit_when_done, port=port, folder=folder, as_json=output is Format.JSON,
        hardware=Hardware(hardware), serving=as_slow_as(maas_seconds, machine_kb),
    )  # fmt: skip
    raise typer.Exit(run(options))
