"""Following a region no more. Its machines' history stays; its key, its turn, and what its machines hold end."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict
from gough.domain.service_state import ServiceState
from gough.domain.timeline import PersonEvent, Source, TimelineEvent
from gough.persistence.models import ACTIVE, Agent, Job, Machine, MachineToken, Region
from gough.services import audit, regions, timeline
from gough.services.context import Use
from gough.services.machines import set_service
from gough.services.waking import lock_machine_of
from gough.services.workflow import journal

NAME_KEPT = 50


@dataclass(frozen=True, slots=True)
class Loss:
    """What ends with a region, counted."""

    machines: int
    in_service: int
    jobs: int

    def __str__(self) -> str:
        return f"{self.machines} machines, {self.in_service} of them in service, and {self.jobs} jobs at work"


def remove(use: Use, name: str, *, by: str, force: bool = False) -> None:
    """Raises NotFound, or, unless `force`, Conflict while machines of it are in service or jobs at work there.

    MAAS is told nothing: what runs goes on running, unwatched.
    """
    with use.database.write() as session:
        region = regions.find(session, name)
        session.refresh(region, with_for_update=True)
        now, loss = use.database.now(session), loss_of(session, region)
        if (loss.in_service or loss.jobs) and not force:
            hint = (
                "Release them and let the jobs end first. `?force=true` removes it all the same: the jobs are "
                "cancelled, the agents' keys end, and nobody watches the machines any more; their history stays."
            )
            raise Conflict(f"Region {region.name} has {loss}.", hint=hint)
        audit.note(target=region.name, before={"machines": loss.machines, "in_service": loss.in_service})
        _end_jobs(session, region, by, now)
        _end_machines(session, region, by, now)
        _retire(region, now)
    use.waker.wake()


def loss_of(session: Session, region: Region) -> Loss:
    in_service = Machine.service == ServiceState.IN_SERVICE.value
    counted = select(func.count(), func.count().filter(in_service)).select_from(Machine)
    machines, served = session.execute(counted.where(*_present(region))).one()
    at_work = select(func.count()).select_from(Job).join(Machine, Machine.id == Job.machine_id)
    jobs = session.scalar(at_work.where(Machine.region_id == region.id, Job.state.in_(ACTIVE))) or 0
    return Loss(machines, served, jobs)


def _present(region: Region) -> tuple[ColumnElement[bool], ...]:
    return Machine.region_id == region.id, Machine.vanished_at.is_(None)


def _end_jobs(session: Session, region: Region, by: str, now: datetime) -> None:
    """The worker that is at one finds its lease gone, and writes nothing."""
    query = select(Job).join(Machine, Machine.id == Job.machine_id)
    for job in session.scalars(query.where(Machine.region_id == region.id, Job.state.in_(ACTIVE))).all():
        lock_machine_of(session, job.id)
        job.cancel_requested_by, job.lease_token, job.lease_until = by, job.lease_token + 1, None
        job.superseded = True
        journal.cancelled(session, job, now, f"Its region {region.name} was removed.")


def _end_machines(session: Session, region: Region, by: str, now: datetime) -> None:
    ours = select(Machine.id).where(Machine.region_id == region.id)
    for table in (Agent, MachineToken):
        live = (table.machine_id.in_(ours), table.revoked_at.is_(None))
        session.execute(update(table).where(*live).values(revoked_at=now), execution_options=_UNSEEN)
    said = f"region {region.name} removed from Gough: nobody watches this machine any more"
    present = select(Machine).where(*_present(region)).order_by(Machine.id)
    for machine in session.scalars(present.with_for_update(key_share=True)).all():
        # Read just now, so to speak: an answer of MAAS's that is still on its way does not bring it back.
        machine.vanished_at = machine.observed_at = now
        set_service(machine, ServiceState.OUT, now=now, reason="its region was removed from Gough")
        event = TimelineEvent(Source.PERSON, PersonEvent.OPERATED, said, now, actor=by)
        timeline.record(session, machine.id, event, now=now)


_UNSEEN = {"synchronize_session": False}


def _retire(region: Region, now: datetime) -> None:
    """Its name is free for another; whoever follows it loses the turn."""
    region.name = f"{region.name[:NAME_KEPT]} (removed {region.id[-8:]})"
    region.removed_at, region.api_key_sealed, region.feed_password_sealed = now, "", None
    region.feed_username, region.feed_state, region.feed_reason = "", "off", ""
    region.health, region.health_reason = "removed", ""
    region.poll_lease_token, region.poll_lease_until = region.poll_lease_token + 1, None
