"""Machines, looked at."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from gough.cli import embedded
from gough.domain.errors import Invalid, Problem
from gough.domain.machine_status import MachineStatus
from gough.persistence.models import MachineEvent, PlaybookRun
from gough.ports import ScriptResult
from gough.services import agent_list, agents, jobs, lifecycle, machines, playbooks, script_results
from gough.services import timeline as events
from gough.services.choosing import ids_of
from gough.services.machine_filters import REFUSED, choose
from gough.services.machine_list import MachineQuery, Sort, pages

PAGE = 500
POLL_SECONDS = 0.5


def listed(text: str, given: Mapping[str, Sequence[str]], sort: str) -> Iterator[dict[str, Any]]:
    """Rows as they are read; `maas` is the status in a word."""
    if sort not in set(Sort):
        raise Invalid(REFUSED, problems=[Problem("--sort", f"expected one of {', '.join(Sort)}")])
    wanted = MachineQuery(text, choose(given, mark="--"), Sort(sort), limit=PAGE)
    return (_row(row) for page in pages(embedded.use().database, wanted) for row in page)


def ids(text: str, given: Mapping[str, Sequence[str]]) -> list[str]:
    """Of all that match. Raises Invalid for no filter at all, and where nothing matches."""
    return ids_of(embedded.use(), given, text=text, mark="--")


def named(name: str) -> dict[str, Any]:
    """`id`, `hostname` and `service` of one machine."""
    with embedded.use().database.read() as session:
        machine = machines.find(session, name)
        return {"id": machine.id, "hostname": machine.hostname, "service": machine.service}


def shown(name: str) -> dict[str, Any]:
    with embedded.use().database.read() as session:
        machine = machines.find(session, name)
        deployment = lifecycle.latest_deployment(session, machine.id)
        agent = agents.newest(session, machine.id)
        about = agent_list.view(agent, machine) if agent else None
        return {
            "hostname": machine.hostname, "id": machine.id, "system_id": machine.system_id,
            "region": machine.region.name, "service": machine.service, "since": machine.service_since,
            "reason": machine.reason, "next_action": machine.next_action,
            "maas_status": MachineStatus(machine.status).label, "power": machine.power_state,
            "template": deployment.job.parameters.get("template", "") if deployment else "",
            "agent": about.standing.name if about else "", "agent_reason": about.standing.reason if about else "",
            "agent_since": about.since if about else None,
            "architecture": machine.architecture, "cores": machine.cpu_count, "memory_mib": machine.memory_mib,
            "addresses": machine.ip_addresses, "macs": machine.mac_addresses, "zone": machine.zone,
            "pool": machine.pool, "tags": machine.tags, "owner": machine.owner,
            "site": machine.site, "rack": machine.rack, "unit": machine.rack_unit,
        }  # fmt: skip


def history(name: str, limit: int) -> list[dict[str, Any]]:
    """The newest events, oldest first."""
    with embedded.use().database.read() as session:
        return [_event(each) for each in events.history(session, machines.find(session, name).id, limit=limit)]


def following(name: str, limit: int) -> Iterator[dict[str, Any]]:
    """As `history`, and then what happens from now on, without end."""
    begin, told = 0, set[int]()
    while True:
        with embedded.use().database.read() as session:
            machine_id = machines.find(session, name).id
            # All since the first one again: an event with a lower id may have come later.
            found = events.history(session, machine_id, after_id=begin, limit=events.PAGE if begin else limit)
            yield from [_event(each) for each in found if each.id not in told]
        told.update(each.id for each in found)
        begin = begin or min(told, default=1) - 1
        time.sleep(POLL_SECONDS)


def verdict(name: str) -> dict[str, Any]:
    """Why a machine is not in service: its state, and the `diagnosis` of its newest job."""
    with embedded.use().database.read() as session:
        machine = machines.find(session, name)
        newest = jobs.newest(session, machine_id=machine.id, limit=1)
        return {
            "hostname": machine.hostname, "service": machine.service, "reason": machine.reason,
            "next_action": machine.next_action, "diagnosis": newest[0].diagnosis if newest else None,
        }  # fmt: skip


def results(name: str, script: str) -> list[dict[str, Any]]:
    """Of its scripts in MAAS, newest first. With `script`: of that one, its `output` and the `cause` of a failure."""
    found = script_results.read(embedded.use(), name, output_of=script)
    return [asdict(each) | {"cause": _cause(each)} for each in found]


def runs(name: str, limit: int) -> list[dict[str, Any]]:
    """Of its playbooks, newest first."""
    with embedded.use().database.read() as session:
        query = playbooks.runs_of(session, name).order_by(PlaybookRun.started_at.desc(), PlaybookRun.id.desc())
        return [
            {
                "id": run.id, "deployment_id": run.deployment_id, "playbook": run.playbook, "state": run.state,
                "started_at": run.started_at, "finished_at": run.finished_at, "recap": run.recap, "said": run.said,
            }
            for run in session.scalars(query.limit(limit))
        ]  # fmt: skip


def _cause(each: ScriptResult) -> dict[str, Any] | None:
    found = script_results.meaning(each)
    if found is None:
        return None
    return {"name": found.cause, "summary": found.summary, "next_action": found.next_action}


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "maas": MachineStatus(row["status"]).label}


def _event(each: MachineEvent) -> dict[str, Any]:
    return {
        "at": f"{each.occurred_at:%Y-%m-%dT%H:%M:%SZ}", "source": each.source, "level": each.level, "kind": each.kind,
        "actor": each.actor, "message": each.message,
    }  # fmt: skip
