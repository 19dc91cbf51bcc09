"""What is kept of metrics when the samples themselves are gone."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from gough.persistence.models.base import Base
from gough.persistence.types import BigId, Utc


class MetricRollup(Base):
    """All series of a machine over `step` seconds from `at`: {series: [min, sum, max, last, count]}, packed."""

    __tablename__ = "metric_rollups"
    __table_args__ = (Index("ix_metric_rollups_step_at", "step", "at"),)

    machine_id: Mapped[str] = mapped_column(ForeignKey("machines.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Utc, primary_key=True)
    last_at: Mapped[datetime] = mapped_column(Utc)
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class MetricMark(Base):
    """Up to which sample, in the order they were received, everything is rolled up. One row; locked by whoever does."""

    __tablename__ = "metric_marks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    received_at: Mapped[datetime] = mapped_column(Utc)
    agent_id: Mapped[str] = mapped_column(String(40), default="")
    sequence: Mapped[int] = mapped_column(BigId, default=0)
