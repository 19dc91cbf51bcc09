"""The rolling reconcile: the machines that were read longest ago are read again, at a tenth of the region's time."""

from datetime import timedelta

from sqlalchemy import func, select

from gough.domain.pacing import SHORTEST_PAUSE, pause_after, reconcile_period
from gough.persistence.models import Machine
from gough.services.sync.recording import fetch
from gough.services.sync.visit import Visit


def reconcile(visit: Visit) -> None:
    """One chunk, when its time has come. What it finds missing has been deleted in MAAS."""
    now, due = visit.now(), visit.region.reconcile_at
    if due is None:  # everything has just been imported
        visit.set(reconcile_at=now + timedelta(seconds=SHORTEST_PAUSE))
        return
    if now < due:
        return
    of_region = (Machine.region_id == visit.region.id, Machine.vanished_at.is_(None))
    oldest = select(Machine.system_id).where(*of_region).order_by(Machine.observed_at).limit(visit.chunk_size)
    with visit.use.database.read() as session:
        ids = list(session.scalars(oldest))
        count = session.scalar(select(func.count()).select_from(Machine).where(*of_region)) or 0
    took = fetch(visit, ids, reconcile=True) if ids else 0.0
    at = visit.now() + timedelta(seconds=pause_after(took))
    visit.set(reconcile_at=at, reconcile_period=reconcile_period(count, max(1, len(ids)), took))
