"""What the machines have, to choose from in forms. Only reads."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.persistence.models import Machine, MachineTag, Region

MOST = 100
_SERIES = Machine.osystem + "/" + Machine.distro_series
COLUMNS: Mapping[str, Any] = {
    "pool": Machine.pool, "zone": Machine.zone, "site": Machine.site, "rack": Machine.rack, "owner": Machine.owner,
    "kernel": Machine.hwe_kernel, "architecture": Machine.architecture, "series": _SERIES,
    "hostname": Machine.hostname,
}  # fmt: skip


def known_values(session: Session, *names: str, region_id: str = "") -> dict[str, list[str]]:
    """{name: its values among the machines that MAAS knows, in order}; of one region, or of all."""
    return {name: _values(session, name, region_id) for name in names}


def _values(session: Session, name: str, region_id: str) -> list[str]:
    if name == "region":
        return list(session.scalars(select(Region.name).order_by(Region.name)))
    if name == "tag":
        return list(session.scalars(select(MachineTag.tag).distinct().order_by(MachineTag.tag).limit(MOST)))
    column = COLUMNS[name]
    here = [Machine.region_id == region_id] if region_id else []
    present = (Machine.vanished_at.is_(None), column.not_in(["", "/"]), *here)
    return list(session.scalars(select(column).where(*present).distinct().order_by(column).limit(MOST)))
