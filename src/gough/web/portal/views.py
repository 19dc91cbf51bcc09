"""What the pages show, read in one session: the machine, its job's stages, its timeline, its agent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gough.domain.attribution import Holder
from gough.domain.machine_status import MachineStatus
from gough.domain.service_state import ServiceState
from gough.domain.stages import JobKind
from gough.persistence.models import (
    ACTIVE,
    Agent,
    Deployment,
    FleetHost,
    Job,
    Machine,
    MachineEvent,
    PlaybookRun,
    Policy,
)
from gough.services import (
    agent_list,
    agents,
    host_standing,
    jobs,
    lifecycle,
    machines,
    playbooks,
    queue,
    templates,
    timeline,
)
from gough.services.agent_list import AgentView
from gough.services.attribution import holder
from gough.services.fleet_hosts import reading
from gough.services.people import Caller
from gough.services.queue import Waits
from gough.web.portal.actions import Offer, Scene, job_offers, offers
from gough.web.portal.controls import control_groups
from gough.web.portal.samples import shown

TIMELINE_LINES = 200


@dataclass(frozen=True, slots=True)
class MachineView:
    machine: Machine
    region: str
    status: str
    service: ServiceState
    user: str
    offers: list[Offer]
    controls: dict[str, list[Offer]]
    job: Job | None
    deployment: Deployment | None
    template: str
    events: list[MachineEvent]
    detailed: bool
    agent: Agent | None
    about_agent: AgentView | None
    sample: dict[str, Any]
    host: FleetHost | None
    failing: list[tuple[Policy, datetime]]
    run: PlaybookRun | None
    waits: Waits | None
    position: int

    @property
    def adopt(self) -> bool:
        """Whether it could be adopted now."""
        return any(offer.name == "adopt" and not offer.why_not for offer in self.offers)


def machine_view(session: Session, name: str, caller: Caller, now: datetime, *, detailed: bool) -> MachineView:
    """Everything of a machine's page. Raises NotFound or Conflict."""
    machine = machines.find(session, name)
    newest = jobs.newest(session, machine_id=machine.id, limit=1)
    job = newest[0] if newest else None
    scene = Scene(machine, job, holder(session, machine), caller)
    deployment = lifecycle.latest_deployment(session, machine.id)
    agent = agents.newest(session, machine.id)
    fleet = host_standing.of_machine(session, machine.id)
    return MachineView(
        machine=machine,
        region=machine.region.name,
        status=MachineStatus(machine.status).label,
        service=ServiceState(machine.service),
        user=scene.user,
        controls=control_groups(scene),
        offers=[*offers(scene), *(job_offers(job, caller) if job else [])],
        job=_loaded(job),
        deployment=deployment,
        template=templates.label_of(session, deployment) if deployment and _is_there(scene) else "",
        events=timeline.history(session, machine.id, limit=TIMELINE_LINES, detailed=detailed)[::-1],
        detailed=detailed,
        agent=agent,
        about_agent=agent_list.view(agent, machine) if agent else None,
        sample=shown(agents.last_heartbeat(session, agent).get("samples")) if agent else {},
        host=fleet.host if fleet else None,
        failing=reading.failing(session, fleet.host.id) if fleet else [],
        run=playbooks.last_on(session, machine.id),
        waits=queue.waits(session, job, now) if job else None,
        position=timeline.stream_position(session),
    )


def _is_there(scene: Scene) -> bool:
    """Whether the newest deployment is what runs on the machine, or is about to."""
    job = scene.job
    return scene.holder is Holder.OURS or (job is not None and job.kind == JobKind.DEPLOYMENT and job.state in ACTIVE)


def _loaded(job: Job | None) -> Job | None:
    """With its steps, so that a page can be drawn after the session has ended."""
    if job is not None:
        len(job.steps)
    return job
