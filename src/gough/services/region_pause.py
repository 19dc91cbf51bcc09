"""Pausing one region: no job begins there, what runs goes on to its end."""

from gough.domain.errors import Conflict
from gough.persistence.models import Region
from gough.services import audit
from gough.services.admission import pause_of
from gough.services.context import Use
from gough.services.regions import find
from gough.services.waking import wake_queued


def pause(use: Use, name: str, *, by: str, reason: str = "") -> Region:
    """Begin no more jobs in the region. Raises NotFound, or Conflict when it is paused already."""
    with use.database.write() as session:
        region = find(session, name)
        if (found := pause_of(region)) is not None:
            hint = f"`gough region resume {region.name}` goes on."
            raise Conflict(f"Region {region.name} is paused already, by {found.by}.", hint=hint)
        region.paused_at, region.paused_by, region.paused_reason = use.database.now(session), by, reason
        audit.note(target=region.name, after={"paused_reason": reason})
    return region


def resume(use: Use, name: str) -> Region:
    """Begin jobs again. Raises NotFound, or Conflict when the region is not paused."""
    with use.database.write() as session:
        region = find(session, name)
        if (found := pause_of(region)) is None:
            hint = "`gough job list` says so when all of Gough is paused."
            raise Conflict(f"Region {region.name} is not paused.", hint=hint)
        audit.note(target=region.name, before={"paused_by": found.by, "paused_reason": found.reason})
        region.paused_at, region.paused_by, region.paused_reason = None, "", ""
        wake_queued(session, use.database.now(session), region_id=region.id)
    use.waker.wake()
    return region
