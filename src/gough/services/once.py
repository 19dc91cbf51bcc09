"""Events that would be said again and again: each is told once in a job's part of the timeline."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gough.domain.timeline import TimelineEvent
from gough.persistence.models import Job, MachineEvent
from gough.services import timeline


def record_once(session: Session, machine_id: str, event: TimelineEvent, *, now: datetime) -> None:
    """As `timeline.record`, unless the machine's newest job has seen the same already."""
    begins = select(func.coalesce(func.max(Job.events_after), 0)).where(Job.machine_id == machine_id).scalar_subquery()
    same = select(MachineEvent.id).where(
        MachineEvent.machine_id == machine_id, MachineEvent.id > begins, MachineEvent.source == event.source.value,
        MachineEvent.kind == event.kind, MachineEvent.message == event.message,
    )  # fmt: skip
    if session.scalars(same.limit(1)).first() is None:
        timeline.record(session, machine_id, event, now=now)
