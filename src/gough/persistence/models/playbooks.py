"""What Ansible did on machines, and the key with which it gets in."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from gough.persistence.models.base import Base
from gough.persistence.types import Json, Utc, new_id


class PlaybookRun(Base):
    """One run of a playbook on one machine.

    `state`: running, converged, failed, unreachable, stopped (by its deadline or by somebody), lost (with its worker).
    `recap`: {ok, changed, failed, unreachable, skipped, rescued, ignored}, as Ansible counts tasks. `said` is the task
    that ended it, with its words.
    """

    __tablename__ = "playbook_runs"
    __table_args__ = (Index("ix_playbook_runs_machine_id_started_at", "machine_id", "started_at"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("run"))
    machine_id: Mapped[str] = mapped_column(ForeignKey("machines.id"))
    deployment_id: Mapped[str] = mapped_column(ForeignKey("deployments.id", ondelete="CASCADE"), index=True)
    playbook: Mapped[str] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(12), default="running")
    started_at: Mapped[datetime] = mapped_column(Utc)
    finished_at: Mapped[datetime | None] = mapped_column(Utc)
    recap: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    said: Mapped[str] = mapped_column(Text, default="")


class SshKey(Base):
    """A key pair of Gough's own, by what it is for. The private half is in OpenSSH's form, encrypted."""

    __tablename__ = "ssh_keys"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    public: Mapped[str] = mapped_column(Text)
    private_sealed: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Utc)
