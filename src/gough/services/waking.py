"""Telling jobs that a fact may have changed. The caller wakes the workers after its commit.

Whoever changes a machine and its jobs in one transaction locks the machine first, so that nobody deadlocks.
"""

from collections.abc import Iterable
from datetime import datetime
from threading import Condition

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gough.persistence.models import Job, Machine

# A failed job listens too: a late success heals it. A newer job of the machine supersedes it.
LISTENING = ("queued", "running", "failed")


def lock_machine_of(session: Session, job_id: str) -> None:
    """Before a job is changed. (SQLite has one writer at a time and ignores this.)"""
    machine_id = select(Job.machine_id).where(Job.id == job_id).scalar_subquery()
    session.execute(select(Machine.id).where(Machine.id == machine_id).with_for_update(key_share=True))


def lock_machine(session: Session, machine_id: str) -> None:
    session.execute(select(Machine.id).where(Machine.id == machine_id).with_for_update(key_share=True))


def lock_machines(session: Session, machine_ids: Iterable[str]) -> None:
    """Several, in the order of their ids: so does everybody who locks more than one."""
    held = select(Machine.id).where(Machine.id.in_(sorted(set(machine_ids)))).order_by(Machine.id)
    session.execute(held.with_for_update(key_share=True))


def signal_machine(session: Session, machine_id: str, *, now: datetime) -> None:
    """Make the machine's jobs due now. `signals` keeps a job from sleeping over this (see `models.Job`)."""
    session.flush()
    session.execute(
        update(Job)
        .where(Job.machine_id == machine_id, Job.state.in_(LISTENING), Job.superseded.is_(False))
        .values(signals=Job.signals + 1, wake_at=now),
        execution_options={"synchronize_session": False},
    )


def wake_queued(session: Session, now: datetime, *, region_id: str | None = None) -> None:
    """What holds jobs back has changed, everywhere or in one region: each that waits to begin looks again."""
    woken = update(Job).where(Job.state == "queued").values(wake_at=now, signals=Job.signals + 1)
    if region_id is not None:
        woken = woken.where(Job.machine_id.in_(select(Machine.id).where(Machine.region_id == region_id)))
    session.execute(woken, execution_options={"synchronize_session": False})


class Bell:
    """Wakes whoever waits. Ringing before somebody waits is not lost."""

    def __init__(self) -> None:
        self._condition = Condition()
        self._rings = 0

    def wake(self) -> None:
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    @property
    def rings(self) -> int:
        return self._rings

    def wait(self, seconds: float, *, heard: int) -> None:
        """Until it rings again after `heard` rings, or for so long."""
        with self._condition:
            self._condition.wait_for(lambda: self._rings != heard, timeout=seconds)
