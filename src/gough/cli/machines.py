"""`gough machine`."""

from typing import Annotated, Any

import typer

from gough.cli.jobs import Timeout, Wait, finish
from gough.cli.output import Format, Output, show, show_one

app = typer.Typer(help="Machines: list, show, timeline, why; deploy, commission, test, release.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Hostname, fqdn, system_id or id.")]
COLUMNS = ("hostname", "service", "service_since", "maas", "power_state", "reason")


@app.command("list")
def list_machines(
    output: Output = Format.TABLE,
    query: Annotated[str, typer.Option("-q", "--query", help="Text in name, MAC, IP, serial or tag.")] = "",
    service: Annotated[str, typer.Option(help="in_service, in_progress, attention or out.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10000)] = 200,
) -> None:
    """Machines by name."""
    from gough.cli.embedded import use
    from gough.domain.errors import Invalid
    from gough.domain.machine_status import MachineStatus
    from gough.domain.service_state import ServiceState
    from gough.services import machines

    if service and service not in set(ServiceState):
        raise Invalid(f"'{service}' is not a service state.", hint=f"One of: {', '.join(ServiceState)}.")
    wanted = machines.MachineQuery(query, ServiceState(service) if service else None, limit=limit)
    with use().database.read() as session:
        rows = machines.listed(session, wanted)
    show([{**row, "maas": MachineStatus(row["status"]).label} for row in rows], COLUMNS, output)


@app.command("show")
def show_machine(name: Name, output: Output = Format.TABLE) -> None:
    """One machine: state, reason, hardware, what runs on it."""
    from gough.cli.embedded import use
    from gough.domain.machine_status import MachineStatus
    from gough.services import lifecycle, machines

    with use().database.read() as session:
        machine = machines.find(session, name)
        deployment = lifecycle.latest_deployment(session, machine.id)
        row: dict[str, Any] = {
            "hostname": machine.hostname, "id": machine.id, "system_id": machine.system_id,
            "region": machine.region.name, "service": machine.service, "since": machine.service_since,
            "reason": machine.reason, "next_action": machine.next_action,
            "maas_status": MachineStatus(machine.status).label, "power": machine.power_state,
            "template": deployment.job.parameters.get("template") if deployment else "",
            "architecture": machine.architecture, "cores": machine.cpu_count, "memory_mib": machine.memory_mib,
            "addresses": machine.ip_addresses, "macs": machine.mac_addresses, "zone": machine.zone,
            "pool": machine.pool, "tags": machine.tags, "owner": machine.owner,
        }  # fmt: skip
    show_one(row, output)


@app.command()
def timeline(name: Name, output: Output = Format.TABLE, limit: Annotated[int, typer.Option(min=1)] = 100) -> None:
    """What happened to it, from every source."""
    from gough.cli.embedded import use
    from gough.services import machines
    from gough.services import timeline as stream

    with use().database.read() as session:
        events = stream.history(session, machines.find(session, name).id, limit=limit)
        rows = [
            {"at": f"{e.occurred_at:%Y-%m-%dT%H:%M:%SZ}", "source": e.source, "level": e.level, "kind": e.kind,
             "actor": e.actor, "message": e.message}
            for e in events
        ]  # fmt: skip
    show(rows, ("at", "source", "kind", "actor", "message"), output)


@app.command()
def why(name: Name, output: Output = Format.TABLE) -> None:
    """Why it is not in service: stage, probable cause, evidence, next action."""
    from gough.cli.embedded import use
    from gough.services import jobs, machines

    with use().database.read() as session:
        machine = machines.find(session, name)
        newest = jobs.newest(session, machine_id=machine.id, limit=1)
        diagnosis = newest[0].diagnosis if newest else None
    if output is not Format.TABLE:
        show_one(diagnosis or {"summary": machine.reason, "next_action": machine.next_action}, output)
        return
    print(f"{machine.hostname}: {machine.service.replace('_', ' ')}")
    if diagnosis is None:
        print(machine.reason or "Nothing is wrong.")
        return
    print(f"stage   {diagnosis['stage']}\ncause   {diagnosis['cause']}: {diagnosis['summary']}")
    for line in diagnosis["evidence"]:
        print(f"      | {line}")
    print(f"do      {diagnosis['next_action']}")


@app.command()
def deploy(
    name: Name,
    template: Annotated[str, typer.Argument(help="A template: docker-host, or docker-host@2.")],
    variable: Annotated[list[str] | None, typer.Option("-v", "--var", help="name=value, or name=@file.")] = None,
    series: Annotated[str, typer.Option(help="Another release than the template's.")] = "",
    wait: Wait = False,
    timeout: Timeout = 7200,
) -> None:
    """Install a machine with a template. Its disks are wiped."""
    from gough.cli.embedded import me, use
    from gough.cli.variables import parse
    from gough.services import lifecycle

    job = lifecycle.deploy(use(), name, template, parse(variable or []), by=me(), series=series)
    finish(job.id, wait=wait, timeout=timeout)


@app.command()
def commission(
    name: Name,
    skip_tests: Annotated[bool, typer.Option(help="No hardware tests.")] = False,
    wait: Wait = False,
    timeout: Timeout = 7200,
) -> None:
    """Let MAAS inventory the hardware."""
    from gough.cli.embedded import me, use
    from gough.services import lifecycle

    finish(lifecycle.commission(use(), name, by=me(), skip_tests=skip_tests).id, wait=wait, timeout=timeout)


@app.command()
def test(name: Name, wait: Wait = False, timeout: Timeout = 14400) -> None:
    """Run MAAS's hardware tests."""
    from gough.cli.embedded import me, use
    from gough.services import lifecycle

    finish(lifecycle.test(use(), name, by=me()).id, wait=wait, timeout=timeout)


@app.command()
def release(
    name: Name,
    confirm: Annotated[str, typer.Option(help="The hostname once more: the server is taken out of service.")],
    erase: Annotated[bool, typer.Option(help="Erase the disks too.")] = False,
    wait: Wait = False,
    timeout: Timeout = 14400,
) -> None:
    """Give a machine back to MAAS."""
    from gough.cli.embedded import me, use
    from gough.domain.errors import Invalid
    from gough.services import lifecycle, machines

    with use().database.read() as session:
        hostname = machines.find(session, name).hostname
    if confirm != hostname:
        raise Invalid(f"--confirm says '{confirm}', the machine is '{hostname}'.")
    finish(lifecycle.release(use(), name, by=me(), erase=erase).id, wait=wait, timeout=timeout)
