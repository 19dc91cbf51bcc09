"""Whether a machine that came in service still is: the table of `gough.domain.in_service`, asked when facts change."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.in_service import HELD_BY, missing
from gough.domain.machine_status import MachineStatus
from gough.domain.service_state import ServiceState
from gough.domain.timeline import GoughEvent, Level, Source, TimelineEvent
from gough.persistence.models import Deployment, Job, Machine
from gough.services import timeline
from gough.services.machines import set_service
from gough.services.workflow.facts import facts_of


def review(session: Session, machine_id: str, now: datetime) -> None:
    """Take the machine out of service, or back, where the table says so. The caller holds the machine.

    A machine that something else keeps out of service is left alone.
    """
    machine = session.get_one(Machine, machine_id)
    held = machine.service == ServiceState.ATTENTION and machine.reason.startswith(HELD_BY)
    if not (held or machine.service == ServiceState.IN_SERVICE) or machine.status != MachineStatus.DEPLOYED:
        return
    job = served_by(session, machine_id)
    if job is None:
        return
    facts = facts_of(session, job)
    lacking = missing(facts, {step.name for step in job.steps if step.waived_by})
    if not lacking and held:
        back_in_service(session, machine, job, now)
    elif lacking and not _says(machine, lacking[0].begins, named=bool(lacking[0].named(facts))):
        first = lacking[0]
        set_service(machine, ServiceState.ATTENTION, now=now, reason=first.reason(facts), next_action=first.action)
        if not held:
            _tell(session, machine_id, GoughEvent.OUT_OF_SERVICE, f"out of service: {machine.reason}", now)


def served_by(session: Session, machine_id: str) -> Job | None:
    """The job that brought the machine in service last."""
    newest = (
        select(Deployment)
        .where(Deployment.machine_id == machine_id, Deployment.in_service_at.is_not(None))
        .order_by(Deployment.in_service_at.desc())
        .limit(1)
    )
    served = session.scalars(newest).first()
    return served.job if served is not None else None


def back_in_service(session: Session, machine: Machine, job: Job, now: datetime) -> None:
    set_service(machine, ServiceState.IN_SERVICE, now=now, reason=waived_in_words(job))
    _tell(session, machine.id, GoughEvent.IN_SERVICE, "in service again", now)


def waived_in_words(job: Job) -> str:
    """The policies under which a machine is in service without some stages; empty when nothing was waived."""
    waived = [f"{step.name} ({step.waived_by})" for step in job.steps if step.waived_by]
    return f"waived: {', '.join(waived)}" if waived else ""


def _says(machine: Machine, begins: str, *, named: bool) -> bool:
    """Whether it is out of service for this already. Names may have changed, so those are said anew."""
    return machine.service == ServiceState.ATTENTION and machine.reason.startswith(begins) and not named


def _tell(session: Session, machine_id: str, kind: GoughEvent, said: str, now: datetime) -> None:
    level = Level.WARNING if kind is GoughEvent.OUT_OF_SERVICE else Level.INFO
    timeline.record(session, machine_id, TimelineEvent(Source.GOUGH, kind, said, now, level), now=now)
