"""How a bulk operation goes, machine by machine."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.stages import JobKind
from gough.domain.waves import ENDED, ItemState
from gough.persistence.models import BulkItem, Job, Machine

__all__ = ["ENDED", "VERBS", "Result", "is_untouched", "results", "verb_of"]

VERBS: Mapping[str, JobKind] = {
    "deploy": JobKind.DEPLOYMENT, "commission": JobKind.COMMISSION, "test": JobKind.TEST, "release": JobKind.RELEASE,
}  # fmt: skip
"""What people call the actions."""


@dataclass(frozen=True, slots=True)
class Result:
    """One machine. `job_id` is empty until it has begun; `reason` says why it failed, was refused or was skipped."""

    position: int
    machine_id: str
    hostname: str
    state: ItemState
    reason: str
    job_id: str


def results(
    session: Session, bulk_id: str, *, state: ItemState | None = None, after: int = -1, limit: int = 100
) -> list[Result]:
    """A page of them, in the operation's order, behind position `after`."""
    query = (
        select(
            BulkItem.position, BulkItem.machine_id, Machine.hostname, BulkItem.state, BulkItem.reason, BulkItem.job_id
        )
        .join(Machine, Machine.id == BulkItem.machine_id)
        .where(BulkItem.bulk_id == bulk_id, BulkItem.position > after)
    )
    if state is not None:
        query = query.where(BulkItem.state == state.value)
    rows = session.execute(query.order_by(BulkItem.position).limit(limit))
    return [
        Result(row.position, row.machine_id, row.hostname, ItemState(row.state), row.reason, row.job_id or "")
        for row in rows
    ]


def is_untouched(session: Session, bulk_id: str) -> bool:
    """Whether it has jobs, and no worker has taken any of them yet."""
    begun = select(Job.started_at).join(BulkItem, BulkItem.job_id == Job.id).where(BulkItem.bulk_id == bulk_id)
    moments = session.scalars(begun).all()
    return bool(moments) and not any(moments)


def verb_of(action: str) -> str:
    """`deploy` for the stored `deployment`."""
    return next((verb for verb, kind in VERBS.items() if kind == action), action)
