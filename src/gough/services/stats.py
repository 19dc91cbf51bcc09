"""The fleet counted, in one look: machines, jobs, agents, regions, templates."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gough.domain.machine_status import MachineStatus
from gough.persistence.models import ACTIVE, Agent, Deployment, Job, Machine, Region, Template
from gough.services import admission
from gough.services.figures import LAST

Counts = dict[str, int]


def counted(session: Session, now: datetime) -> dict[str, Any]:
    """Machines that MAAS has, by status and service; jobs at work, and those of the last day that ended, by state."""
    present = Machine.vanished_at.is_(None)
    by_status = _by(session, Machine.status, present)
    of_last_day = (Job.created_at >= now - LAST, Job.state.not_in(ACTIVE))
    return {
        "machines": {
            "total": sum(by_status.values()),
            "by_status": {MachineStatus(int(status)).label: count for status, count in by_status.items()},
            "by_service": _by(session, Machine.service, present),
        },
        "jobs": {
            "active": _by(session, Job.state, Job.state.in_(ACTIVE)),
            "ended_last_day": _by(session, Job.state, *of_last_day),
            "paused": admission.paused(session) is not None,
        },
        "deployments_in_service_last_day": session.scalar(
            select(func.count()).select_from(Deployment).join(Job).where(*of_last_day, Job.state == "done")
        ),
        "agents": _by(session, Agent.state, Agent.revoked_at.is_(None)),
        "regions": _by(session, Region.health, Region.removed_at.is_(None)),
        "templates": session.scalar(
            select(func.count()).select_from(Template).where(Template.archived_at.is_(None))
        ),
    }  # fmt: skip


def _by(session: Session, column: Any, *where: Any) -> Counts:
    query = select(column, func.count()).where(*where).group_by(column).order_by(column)
    return {str(value): count for value, count in session.execute(query)}
