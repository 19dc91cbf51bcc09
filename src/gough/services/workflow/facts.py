"""From rows to the frozen snapshot that decisions are made from."""

from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.agents import AgentState
from gough.domain.facts import Facts
from gough.domain.machine_status import MachineStatus
from gough.domain.stages import JobKind
from gough.domain.timeline import Source
from gough.persistence.models import Agent, Deployment, Job, MachineEvent
from gough.services import host_standing, playbooks

ABORTED = ("Aborted commissioning", "Aborted testing")  # MAAS events ABORTED_COMMISSIONING, ABORTED_TESTING


def facts_of(session: Session, job: Job) -> Facts:
    """What is known about the job's machine in this transaction."""
    facts = Facts(
        status=MachineStatus(job.machine.status),
        known_to_maas=job.machine.vanished_at is None,
        submitted=job.submitted_at is not None,
        known_until=job.machine.region.polled_at,
        aborted=_aborted(session, job),
        lock_wanted=bool(job.parameters.get("options", {}).get("lock")),
    )
    deployment = job.deployment
    if deployment is None:
        return facts
    return replace(
        facts,
        user_data_accepted=bool(deployment.user_data_sha256),
        findings=tuple(f["message"] for f in deployment.findings if f["severity"] == "error"),
        cloud_init_finished=deployment.cloud_init_finished_at is not None,
        cloud_init_failed=deployment.cloud_init_failed_at is not None,
        agent_online=_agent_online(session, deployment),
        **_fleet(session, job),
        **playbooks.facts(session, job, deployment),
    )


def _fleet(session: Session, job: Job) -> dict[str, Any]:
    """A host that enrolled before this installation was submitted is the one before; an adopted machine keeps its."""
    if not host_standing.is_configured(session):
        return {}
    found = host_standing.of_machine(session, job.machine_id)
    if found is None:
        return {"fleet_configured": True}
    enrolled, since = found.host.enrolled_at, job.submitted_at
    adopted = job.kind == JobKind.ADOPTION.value
    is_fresh = adopted or (enrolled is not None and since is not None and enrolled >= since)
    return {
        "fleet_configured": True,
        "fleet_enrolled": is_fresh,
        "fleet_online": is_fresh and found.online,
        "policies_known": is_fresh and found.known,
        "critical_policies_failing": found.failing if is_fresh else (),
    }


def _aborted(session: Session, job: Job) -> bool:
    """Whether MAAS was told to stop what this job had begun there."""
    if job.submitted_at is None or job.deployment is not None:
        return False
    query = select(MachineEvent.id).where(
        MachineEvent.machine_id == job.machine_id, MachineEvent.id > job.events_after,
        MachineEvent.source == Source.MAAS.value, MachineEvent.kind.in_(ABORTED),
    )  # fmt: skip
    return session.scalars(query.limit(1)).first() is not None


def _agent_online(session: Session, deployment: Deployment) -> bool:
    states = session.scalars(
        select(Agent.state).where(Agent.deployment_id == deployment.id, Agent.revoked_at.is_(None))
    )
    return AgentState.ONLINE.value in states.all()
