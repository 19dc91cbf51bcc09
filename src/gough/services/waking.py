"""Telling jobs that a fact may have changed. The caller wakes the workers after its commit."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from gough.persistence.models import Job

# A failed job listens too: a late success heals it. A newer job of the machine supersedes it.
LISTENING = ("queued", "running", "failed")


def signal_machine(session: Session, machine_id: str, *, now: datetime) -> None:
    """Make the machine's jobs due now. `signals` keeps a job from sleeping over this (see `models.Job`)."""
    session.flush()
    session.execute(
        update(Job)
        .where(Job.machine_id == machine_id, Job.state.in_(LISTENING), Job.superseded.is_(False))
        .values(signals=Job.signals + 1, wake_at=now),
        execution_options={"synchronize_session": False},
    )
