"""Keeping hosts bound to machines, as `gough.domain.host_binding` decides."""

from sqlalchemy import select, update

from gough.domain.host_binding import Known, bind
from gough.persistence.models import FleetHost, Machine
from gough.services.context import Use


def bind_all(use: Use) -> None:
    """Every host of every server anew; only what changed is written."""
    with use.database.write() as session:
        machines = [
            Known(*row)
            for row in session.execute(
                select(Machine.id, Machine.hardware_uuid, Machine.serial, Machine.hostname).where(
                    Machine.vanished_at.is_(None)
                )
            )
        ]
        rows = session.execute(
            select(
                FleetHost.id, FleetHost.uuid, FleetHost.serial, FleetHost.hostname, FleetHost.machine_id,
                FleetHost.binding, FleetHost.binding_reason,
            )
        ).all()  # fmt: skip
        had = {row.id: (row.machine_id, row.binding, row.binding_reason) for row in rows}
        bound = bind([Known(row.id, row.uuid, row.serial, row.hostname) for row in rows], machines)
        changed = [
            {
                "id": host_id,
                "machine_id": to.machine_id,
                "binding": to.by.value,
                "binding_reason": to.reason,
                "untold": True,
            }
            for host_id, to in bound.items()
            if had[host_id] != (to.machine_id, to.by.value, to.reason)
        ]
        if changed:
            session.execute(update(FleetHost), changed)
