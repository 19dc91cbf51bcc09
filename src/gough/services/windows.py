"""Maintenance windows: adding, removing, and what they mean for a machine."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Invalid, NotFound, Problem
from gough.domain.windows import Window, check_window, next_opening
from gough.persistence.models import Machine, MaintenanceWindow
from gough.services.context import Use
from gough.services.machine_filters import Chosen, choose, conditions
from gough.services.waking import wake_queued

FLEETING = frozenset({"service", "status", "power_state", "locked"})
FLEETING_SAID = "changes with the very work that the window holds; choose by pool, zone, tag, site, rack or region"


def add(use: Use, window: Window, applies: Mapping[str, Sequence[str]], *, by: str) -> MaintenanceWindow:
    """From now on, work on the machines that the filters choose begins only while a window of theirs is open.

    Raises Invalid, or Conflict for a name in use.
    """
    chosen = _checked(window, applies)
    with use.database.write() as session:
        _require_free(session, window.name)
        now = use.database.now(session)
        row = MaintenanceWindow(created_by=by, created_at=now)
        _put(session, row, window, chosen, now)
        session.add(row)
    use.waker.wake()
    return row


def change(use: Use, name: str, window: Window, applies: Mapping[str, Sequence[str]]) -> MaintenanceWindow:
    """Another in its place, at once: no machine is unbound in between. Raises NotFound, Invalid or Conflict."""
    chosen = _checked(window, applies)
    with use.database.write() as session:
        row = find(session, name)
        if window.name != name:
            _require_free(session, window.name)
        _put(session, row, window, chosen, use.database.now(session))
    use.waker.wake()
    return row


def remove(use: Use, name: str) -> None:
    """Machines that no window is left for may be worked on at any time. Raises NotFound."""
    with use.database.write() as session:
        session.delete(find(session, name))
        wake_queued(session, use.database.now(session))
    use.waker.wake()


def _checked(window: Window, applies: Mapping[str, Sequence[str]]) -> Chosen:
    check_window(window)
    chosen = choose(applies, mark="/applies/")
    if fleeting := [Problem(f"/applies/{name}", FLEETING_SAID) for name in sorted(FLEETING & chosen.keys())]:
        raise Invalid("This maintenance window would not hold anything.", problems=fleeting)
    return chosen


def _put(session: Session, row: MaintenanceWindow, window: Window, chosen: Chosen, now: datetime) -> None:
    """Jobs that wait to begin look again: their window may be another now."""
    conditions(session, chosen)
    row.applies = {name: list(values) for name, values in chosen.items()}
    row.name, row.days, row.start = window.name, list(window.days), window.start
    row.minutes, row.timezone = window.minutes, window.timezone
    wake_queued(session, now)


def _require_free(session: Session, name: str) -> None:
    if session.scalars(select(MaintenanceWindow).where(MaintenanceWindow.name == name)).first():
        raise Conflict(f"There is a maintenance window called '{name}' already.")


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
