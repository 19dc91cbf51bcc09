"""A region as the API shows it. Its secrets have no field here."""

from datetime import datetime
from typing import Any

from gough.services.admission import Pause, pause_of
from gough.services.regions import Standing
from gough.web.message import moment


def region_shape(standing: Standing, in_flight: int) -> dict[str, Any]:
    """`max_in_flight` 0: any number of jobs at once.

    `duty` and `reconcile.duty` are shares of the region's time over the last minute; null: not measured yet.
    """
    found = standing.region
    return {
        "id": found.id,
        "name": found.name,
        "url": found.url,
        "username": found.username,
        "version": found.version,
        "in_flight": in_flight,
        "max_in_flight": found.max_in_flight,
        **_followed(standing),
    }


def status_shape(standing: Standing, *, unread: int) -> dict[str, Any]:
    """How well it is followed, without what people set. `unread`: machines that are still to be read again."""
    return {"id": standing.region.id, "name": standing.region.name, "unread": unread, **_followed(standing)}


def _followed(standing: Standing) -> dict[str, Any]:
    found = standing.region
    return {
        "health": found.health, "health_reason": found.health_reason, "remark": found.remark,
        "followed": standing.is_followed, "machines": standing.machines, "vanished": standing.vanished,
        "polled_at": moment(found.polled_at), "lag_seconds": found.lag_seconds, "duty": found.duty,
        "oldest_reading_at": moment(standing.oldest_reading), "presence_at": moment(found.presence_at),
        "import": {"at": moment(found.imported_at), "done": found.import_done, "total": found.import_total},
        "reconcile": {"period_seconds": found.reconcile_period, "duty": found.reconcile_duty},
        "paused": pause_shape(pause_of(found), standing.at),
        "feed": {"username": found.feed_username, "state": found.feed_state, "reason": found.feed_reason},
    }  # fmt: skip


def pause_shape(found: Pause | None, now: datetime) -> dict[str, Any] | None:
    if found is None:
        return None
    seconds = (now - found.at).total_seconds()
    return {"by": found.by, "at": moment(found.at), "seconds": seconds, "reason": found.reason}
