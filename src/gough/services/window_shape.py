"""A maintenance window as people look at it."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gough.domain.windows import DAYS, Window
from gough.persistence.models import Machine, MaintenanceWindow
from gough.services.machine_filters import conditions


def details(session: Session, row: MaintenanceWindow, now: datetime) -> dict[str, Any]:
    """`machines`: how many it binds now. `opens_at` is empty while it is open."""
    opens = Window(row.name, tuple(row.days), row.start, row.minutes, row.timezone).opens_after(now)
    return {
        "name": row.name, "days": [DAYS[day] for day in row.days], "start": row.start, "minutes": row.minutes,
        "timezone": row.timezone, "applies": row.applies, "machines": _bound(session, row),
        "is_open": opens == now, "opens_at": None if opens == now else opens,
        "created_by": row.created_by, "created_at": row.created_at,
    }  # fmt: skip


def _bound(session: Session, row: MaintenanceWindow) -> int:
    chosen = {name: tuple(values) for name, values in row.applies.items()}
    bound = (Machine.vanished_at.is_(None), *conditions(session, chosen))
    return session.scalar(select(func.count()).select_from(Machine).where(*bound)) or 0
