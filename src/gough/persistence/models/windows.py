"""Maintenance windows."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from gough.persistence.models.base import Base
from gough.persistence.types import Json, Utc, new_id


class MaintenanceWindow(Base):
    """When work may begin on the machines that `applies` chooses, by the filters of the machine list.

    `days` are 0 (Monday) to 6, `start` is HH:MM in `timezone`.
    """

    __tablename__ = "maintenance_windows"

    id: Mapped[str] = mapped_column(String(40), primary_key=True, default=lambda: new_id("win"))
    name: Mapped[str] = mapped_column(String(80), unique=True)
    applies: Mapped[dict[str, list[str]]] = mapped_column(Json, default=dict)
    days: Mapped[list[int]] = mapped_column(Json, default=list)
    start: Mapped[str] = mapped_column(String(5))
    minutes: Mapped[int]
    timezone: Mapped[str] = mapped_column(String(60), default="UTC")
    created_by: Mapped[str] = mapped_column(String(150))
    created_at: Mapped[datetime] = mapped_column(Utc)
