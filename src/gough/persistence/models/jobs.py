"""Jobs: rows with steps, leases and logs; and deployments, which add what is deployed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gough.persistence.models.base import Base
from gough.persistence.models.machines import Machine
from gough.persistence.types import BigId, Json, Utc, new_id

ACTIVE = ("queued", "running")
_ACTIVE_SQL = text("state IN ('queued', 'running')")
_DUE_SQL = text("wake_at IS NOT NULL")


class Job(Base):
    """Work on one machine; at most one active job each, held by a partial unique index.

    `wake_at`: when it wants a worker next; none when it sleeps for good. `superseded`: a newer job of the machine has
    begun, so nothing heals this one. `signals` counts what happened meanwhile, so that a wake-up between reading the
    facts and going to sleep is not lost. `lease_token` grows with every claim and fences commits. `events_after`: the
    job's part of the timeline begins behind this event. `dispatched_at`: when it was last put into Celery's queue.
    `priority` is a rank of `domain.priorities`: the larger begins first. `queue`: which workers it waits for.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index(
            "uq_jobs_active_machine", "machine_id", unique=True, postgresql_where=_ACTIVE_SQL, sqlite_where=_ACTIVE_SQL
        ),
        Index("ix_jobs_wake", "wake_at", postgresql_where=_DUE_SQL, sqlite_where=_DUE_SQL),
        Index("ix_jobs_created_at_id", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("job"))
    kind: Mapped[str] = mapped_column(String(20))
    machine_id: Mapped[str] = mapped_column(ForeignKey("machines.id"), index=True)
    state: Mapped[str] = mapped_column(String(12), default="queued")
    priority: Mapped[int] = mapped_column(default=0)
    queue: Mapped[str] = mapped_column(String(20), default="default")
    parameters: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_by: Mapped[str] = mapped_column(String(150))
    created_at: Mapped[datetime] = mapped_column(Utc)
    started_at: Mapped[datetime | None] = mapped_column(Utc)
    finished_at: Mapped[datetime | None] = mapped_column(Utc)
    submitted_at: Mapped[datetime | None] = mapped_column(Utc)
    events_after: Mapped[int] = mapped_column(BigId, default=0)
    superseded: Mapped[bool] = mapped_column(default=False)
    cancel_requested_by: Mapped[str | None] = mapped_column(String(150))
    wake_at: Mapped[datetime | None] = mapped_column(Utc)
    signals: Mapped[int] = mapped_column(default=0)
    lease_token: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(120))
    lease_until: Mapped[datetime | None] = mapped_column(Utc)
    dispatched_at: Mapped[datetime | None] = mapped_column(Utc)
    diagnosis: Mapped[dict[str, Any] | None] = mapped_column(Json)

    machine: Mapped[Machine] = relationship()
    steps: Mapped[list["JobStep"]] = relationship(
        back_populates="job", order_by="JobStep.position", cascade="all, delete-orphan"
    )
    deployment: Mapped["Deployment | None"] = relationship(back_populates="job")


class JobStep(Base):
    """A stage of a job. `outcome` is empty until it has ended; `acted`: its action has succeeded."""

    __tablename__ = "job_steps"

    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(30), primary_key=True)
    position: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="pending")
    outcome: Mapped[str | None] = mapped_column(String(10))
    waived_by: Mapped[str | None] = mapped_column(String(80))
    started_at: Mapped[datetime | None] = mapped_column(Utc)
    finished_at: Mapped[datetime | None] = mapped_column(Utc)
    deadline_at: Mapped[datetime | None] = mapped_column(Utc)
    acted: Mapped[bool] = mapped_column(default=False)
    refused: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(default=0)
    try_again_at: Mapped[datetime | None] = mapped_column(Utc)
    cause: Mapped[str | None] = mapped_column(Text)
    progress: Mapped[str] = mapped_column(String(200), default="")

    job: Mapped[Job] = relationship(back_populates="steps")


class JobLog(Base):
    """What a job did, line by line, for the person who watches it."""

    __tablename__ = "job_logs"
    __table_args__ = (Index("ix_job_logs_job_id_id", "job_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Utc)
    level: Mapped[str] = mapped_column(String(10))
    step: Mapped[str | None] = mapped_column(String(30))
    message: Mapped[str] = mapped_column(Text)


class Deployment(Base):
    """What a deployment job puts on its machine. `submission` counts how often it is given to MAAS on purpose.

    One without a template version was adopted: somebody else had installed the machine.

    `playbook` is the name of what Ansible runs on it, decided with the user-data; empty where nothing is run.
    `user_data_sealed` is encrypted and kept only until MAAS has it; `user_data_redacted` is for people.
    """

    __tablename__ = "deployments"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("dep"))
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id", ondelete="CASCADE"), unique=True)
    machine_id: Mapped[str] = mapped_column(ForeignKey("machines.id"), index=True)
    template_version_id: Mapped[str | None] = mapped_column(ForeignKey("template_versions.id"), index=True)
    submission: Mapped[int] = mapped_column(default=1)
    series: Mapped[str] = mapped_column(String(60))
    variables_sealed: Mapped[str] = mapped_column(Text)
    variables_shown: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    user_data_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    user_data_redacted: Mapped[str] = mapped_column(Text, default="")
    user_data_sha256: Mapped[str] = mapped_column(String(64), default="")
    findings: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    cloud_init_finished_at: Mapped[datetime | None] = mapped_column(Utc)
    cloud_init_failed_at: Mapped[datetime | None] = mapped_column(Utc)
    in_service_at: Mapped[datetime | None] = mapped_column(Utc)
    playbook: Mapped[str] = mapped_column(String(100), default="")

    job: Mapped[Job] = relationship(back_populates="deployment")
