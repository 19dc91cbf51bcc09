"""MAAS regions."""

from typing import Any

from sqlalchemy.orm import Session

from gough.cli import embedded
from gough.persistence.models import Region
from gough.services import admission, region_pause, regions
from gough.services import sync as following

Login = tuple[str, str] | None


def listed() -> list[dict[str, Any]]:
    with embedded.use().database.read() as session:
        return [_row(session, region) for region in regions.listed(session)]


def one(name: str) -> dict[str, Any]:
    with embedded.use().database.read() as session:
        return _row(session, regions.find(session, name))


def add(name: str, url: str, api_key: str, feed: Login) -> dict[str, Any]:
    """`feed`: a user of MAAS's and their password."""
    return _signed_in(regions.add(embedded.use(), name, url, api_key, feed=_account(feed)))


def change(
    name: str, *, url: str | None, api_key: str | None, feed: Login, max_in_flight: int | None
) -> dict[str, Any]:
    account = _account(feed)
    return _signed_in(
        regions.change(embedded.use(), name, url=url, api_key=api_key, feed=account, max_in_flight=max_in_flight)
    )  # fmt: skip


def test(name: str) -> dict[str, Any]:
    return _signed_in(regions.test(embedded.use(), name))


def pause(name: str, reason: str) -> str:
    """The region's name."""
    return region_pause.pause(embedded.use(), name, by=embedded.me(), reason=reason).name


def resume(name: str) -> str:
    """The region's name."""
    return region_pause.resume(embedded.use(), name).name


def sync() -> None:
    following.poll_all(embedded.use())


def _account(feed: Login) -> regions.FeedAccount | None:
    return None if feed is None else regions.FeedAccount(*feed)


def _signed_in(region: Region) -> dict[str, Any]:
    return {"name": region.name, "version": region.version, "username": region.username}


def _row(session: Session, region: Region) -> dict[str, Any]:
    now = embedded.use().database.now(session)
    standing, pause = regions.standing(session, region, now), admission.pause_of(region)
    paused = pause.in_words(now) if pause else ""
    importing = f"importing: {region.import_done} of {region.import_total}" if region.import_total else ""
    return {
        "name": region.name, "id": region.id, "url": region.url, "health": region.health,
        "machines": standing.machines, "vanished": standing.vanished,
        "in_flight": admission.in_flight(session, region.id), "max_in_flight": region.max_in_flight,
        "paused": paused, "version": region.version, "username": region.username, "followed_now": standing.is_followed,
        "polled_at": region.polled_at, "lag_seconds": region.lag_seconds, "imported_at": region.imported_at,
        "import": importing,
        "presence_at": region.presence_at, "oldest_reading": standing.oldest_reading,
        "reconcile_period_seconds": region.reconcile_period, "reconcile_duty": region.reconcile_duty,
        "duty": region.duty, "feed": region.feed_state, "feed_username": region.feed_username,
        "feed_reason": region.feed_reason, "health_reason": region.health_reason, "remark": region.remark,
        "note": importing or paused or region.health_reason or region.feed_reason or region.remark,
    }  # fmt: skip
