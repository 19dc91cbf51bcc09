"""Rows as the API shows them. Sizes carry their unit in the name; a secret has no field here."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from gough.domain.machine_status import MachineStatus
from gough.domain.priorities import word_of
from gough.persistence.models import Job, JobLog, JobStep, Machine, MachineEvent
from gough.services import agent_list, agents, jobs, lifecycle
from gough.services.machine_facets import Facets
from gough.web.message import moment

LABELS: Mapping[int, str] = {int(status): status.label for status in MachineStatus}
_SAME = (
    "id", "system_id", "hostname", "power_state", "service", "reason", "next_action", "zone", "pool", "owner", "locked",
    "architecture", "cpu_count", "memory_mib", "ip_addresses", "tags", "site", "rack",
)  # fmt: skip
_MORE = (
    "fqdn", "status_message", "power_type", "storage_mb", "osystem", "distro_series", "hardware_uuid", "serial",
    "mac_addresses",
)  # fmt: skip


def machine_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """`row` as `machine_list.listed` gives it: pages are made of these, so as little as possible is done here."""
    shown = dict(row)
    shown["status"] = LABELS[row["status"]]
    shown["service_since"], shown["status_since"] = moment(row["service_since"]), moment(row["status_since"])
    return shown


def machine(session: Session, found: Machine) -> dict[str, Any]:
    newest = jobs.newest(session, machine_id=found.id, limit=1)
    deployment = lifecycle.latest_deployment(session, found.id)
    names = (*_SAME, "status", "service_since", "status_since")
    return {
        **machine_row(
            {name: getattr(found, name) for name in names} | {"unit": found.rack_unit, "region": found.region.name}
        ),
        **{name: getattr(found, name) for name in _MORE},
        "observed_at": moment(found.observed_at),
        "vanished_at": moment(found.vanished_at),
        "template": str(deployment.job.parameters.get("template", "")) if deployment else "",
        "agent": _agent(session, found),
        "job": a_job(newest[0]) if newest else None,
    }


def _agent(session: Session, found: Machine) -> dict[str, Any] | None:
    agent = agents.newest(session, found.id)
    if agent is None:
        return None
    about = agent_list.view(agent, found)
    return {"state": about.standing.name, "reason": about.standing.reason, "since": moment(about.since)}


def facets(found: Facets) -> dict[str, Any]:
    return {
        "total": found.total,
        "facets": {
            name: [{"value": value, "count": count} for value, count in counts.items()]
            for name, counts in found.counts.items()
        },
    }


def a_job(job: Job) -> dict[str, Any]:
    return {
        "id": job.id, "kind": job.kind, "state": job.state, "priority": word_of(job.priority).value,
        "machine_id": job.machine_id,
        "hostname": job.machine.hostname, "parameters": job.parameters, "created_by": job.created_by,
        "created_at": moment(job.created_at), "started_at": moment(job.started_at),
        "finished_at": moment(job.finished_at), "cancel_requested_by": job.cancel_requested_by,
        "diagnosis": job.diagnosis, "steps": [step(each) for each in job.steps],
    }  # fmt: skip


def step(each: JobStep) -> dict[str, Any]:
    return {
        "name": each.name, "state": each.state, "outcome": each.outcome, "waived_by": each.waived_by,
        "cause": each.cause, "attempts": each.attempts, "started_at": moment(each.started_at),
        "finished_at": moment(each.finished_at), "deadline_at": moment(each.deadline_at), "progress": each.progress,
    }  # fmt: skip


def log_line(line: JobLog) -> dict[str, Any]:
    return {"id": line.id, "at": moment(line.at), "level": line.level, "step": line.step, "message": line.message}


def an_event(event: MachineEvent) -> dict[str, Any]:
    return {
        "id": event.id, "position": event.position, "machine_id": event.machine_id, "job_id": event.job_id,
        "source": event.source, "kind": event.kind, "level": event.level, "message": event.message,
        "actor": event.actor, "occurred_at": moment(event.occurred_at),
    }  # fmt: skip
