"""Bulk operations: one action on many machines, in waves."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gough.persistence.models.base import Base
from gough.persistence.models.jobs import Job
from gough.persistence.models.machines import Machine
from gough.persistence.types import Json, Utc, new_id


class Bulk(Base):
    """`state`: running, stopping (nothing new begins, what runs ends), stopped, done.

    At most `max_in_flight` of its jobs are active at once; after `stop_after` failures it stops by itself (0: never).
    """

    __tablename__ = "bulk_operations"
    __table_args__ = (Index("ix_bulk_operations_created_at_id", "created_at", "id"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("blk"))
    action: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(12), default="running", index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    parameters_sealed: Mapped[str] = mapped_column(Text, default="")
    parameters_shown: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    max_in_flight: Mapped[int]
    stop_after: Mapped[int] = mapped_column(default=0)
    priority: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[str] = mapped_column(String(150))
    created_at: Mapped[datetime] = mapped_column(Utc)
    finished_at: Mapped[datetime | None] = mapped_column(Utc)

    items: Mapped[list["BulkItem"]] = relationship(back_populates="bulk", order_by="BulkItem.position")


class BulkItem(Base):
    """One machine of a bulk operation. `state`: waiting, running, done, failed, refused (never begun), skipped."""

    __tablename__ = "bulk_items"

    bulk_id: Mapped[str] = mapped_column(ForeignKey("bulk_operations.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    machine_id: Mapped[str] = mapped_column(ForeignKey("machines.id"), index=True)
    job_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    reason: Mapped[str] = mapped_column(Text, default="")

    bulk: Mapped[Bulk] = relationship(back_populates="items")
    machine: Mapped[Machine] = relationship()
    job: Mapped[Job | None] = relationship()
