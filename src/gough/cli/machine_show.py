"""`gough machine show`, `timeline` and `why`: one machine, looked at."""

from typing import Annotated, Any

import typer

from gough.cli.output import Format, Output, show, show_one

Name = Annotated[str, typer.Argument(help="Hostname, fqdn, system_id or id.")]


def show_machine(name: Name, output: Output = Format.TABLE) -> None:
    """One machine: state, reason, hardware, what runs on it."""
    from gough.cli.embedded import use
    from gough.domain.machine_status import MachineStatus
    from gough.services import agent_list, agents, lifecycle, machines

    with use().database.read() as session:
        machine = machines.find(session, name)
        deployment = lifecycle.latest_deployment(session, machine.id)
        agent = agents.newest(session, machine.id)
        about = agent_list.view(agent, machine) if agent else None
        row: dict[str, Any] = {
            "hostname": machine.hostname, "id": machine.id, "system_id": machine.system_id,
            "region": machine.region.name, "service": machine.service, "since": machine.service_since,
            "reason": machine.reason, "next_action": machine.next_action,
            "maas_status": MachineStatus(machine.status).label, "power": machine.power_state,
            "template": deployment.job.parameters.get("template") if deployment else "",
            "agent": about.standing.name if about else "", "agent_reason": about.standing.reason if about else "",
            "agent_since": about.since if about else None,
            "architecture": machine.architecture, "cores": machine.cpu_count, "memory_mib": machine.memory_mib,
            "addresses": machine.ip_addresses, "macs": machine.mac_addresses, "zone": machine.zone,
            "pool": machine.pool, "tags": machine.tags, "owner": machine.owner,
            "site": machine.site, "rack": machine.rack, "unit": machine.rack_unit,
        }  # fmt: skip
    show_one(row, output)


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
