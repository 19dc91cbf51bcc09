"""Maintenance windows: adding, removing, and what they mean for a machine."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Invalid, NotFound, Problem
from gough.domain.windows import Window, check_window, next_opening
from gough.persistence.models import Machine, MaintenanceWindow
from gough.services.context import Use
from gough.services.machine_filters import choose, conditions

FLEETING = frozenset({"service", "status", "power_state", "locked"})
FLEETING_SAID = "changes with the very work that the window holds; choose by pool, zone, tag, site, rack or region"


def add(use: Use, window: Window, applies: Mapping[str, Sequence[str]], *, by: str) -> MaintenanceWindow:
    """From now on, work on the machines that the filters choose begins only while a window of theirs is open.

    Raises Invalid, or Conflict for a name in use.
    """
    check_window(window)
    chosen = choose(applies, mark="/applies/")
    if fleeting := [Problem(f"/applies/{name}", FLEETING_SAID) for name in sorted(FLEETING & chosen.keys())]:
        raise Invalid("This maintenance window would not hold anything.", problems=fleeting)
    with use.database.write() as session:
        conditions(session, chosen)
        if session.scalars(select(MaintenanceWindow).where(MaintenanceWindow.name == window.name)).first():
            raise Conflict(f"There is a maintenance window called '{window.name}' already.")
        row = MaintenanceWindow(
            name=window.name, applies={name: list(values) for name, values in chosen.items()}, days=list(window.days),
            start=window.start, minutes=window.minutes, timezone=window.timezone, created_by=by,
            created_at=use.database.now(session),
        )  # fmt: skip
        session.add(row)
    return row


def remove(use: Use, name: str) -> None:
    """Machines that no window is left for may be worked on at any time. Raises NotFound."""
    with use.database.write() as session:
        session.delete(find(session, name))
    use.waker.wake()


def find(session: Session, name: str) -> MaintenanceWindow:
    row = session.scalars(select(MaintenanceWindow).where(MaintenanceWindow.name == name)).one_or_none()
    if row is None:
        raise NotFound(f"There is no maintenance window '{name}'.", hint="`gough window list` shows them all.")
    return row


def listed(session: Session) -> list[MaintenanceWindow]:
    return list(session.scalars(select(MaintenanceWindow).order_by(MaintenanceWindow.name)))


def opening(session: Session, machine: Machine, now: datetime) -> datetime | None:
    """When work on the machine may begin next; None when it may now."""
    windows = [_window(row) for row in listed(session) if _applies(session, row, machine)]
    if not windows:
        return None
    opens = next_opening(windows, now)
    return opens if opens > now else None


def _applies(session: Session, row: MaintenanceWindow, machine: Machine) -> bool:
    chosen = {name: tuple(values) for name, values in row.applies.items()}
    query = select(Machine.id).where(Machine.id == machine.id, *conditions(session, chosen))
    return session.scalars(query).first() is not None


def _window(row: MaintenanceWindow) -> Window:
    return Window(row.name, tuple(row.days), row.start, row.minutes, row.timezone)
