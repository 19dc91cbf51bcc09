"""MAAS regions."""

from typing import Any

from gough.cli.remote.connecting import gough, when
from gough.domain.durations import in_words
from gough.web.api.answers.site import PausedBy, Region

Login = tuple[str, str] | None


def listed() -> list[dict[str, Any]]:
    return [_row(each) for each in gough().regions.list()]


def one(name: str) -> dict[str, Any]:
    return _row(gough().regions.get(name))


def add(name: str, url: str, api_key: str, feed: Login) -> dict[str, Any]:
    """`feed`: a user of MAAS's and their password."""
    return _signed_in(gough().regions.add(name=name, url=url, api_key=api_key, feed=_account(feed)))


def change(
    name: str, *, url: str | None, api_key: str | None, feed: Login, max_in_flight: int | None
) -> dict[str, Any]:
    return _signed_in(
        gough().regions.change(name, url=url, api_key=api_key, feed=_account(feed), max_in_flight=max_in_flight)
    )


def test(name: str) -> dict[str, Any]:
    return _signed_in(gough().regions.test(name))


def pause(name: str, reason: str) -> str:
    """The region's name."""
    return gough().regions.pause(name, reason=reason).name


def resume(name: str) -> str:
    """The region's name."""
    return gough().regions.resume(name).name


def _account(feed: Login) -> dict[str, str] | None:
    return None if feed is None else {"username": feed[0], "password": feed[1]}


def _signed_in(region: Region) -> dict[str, Any]:
    return {"name": region.name, "version": region.version, "username": region.username}


def _paused(found: PausedBy | None) -> str:
    if found is None:
        return ""
    return f"paused by {found.by} for {in_words(found.seconds)}" + (f": {found.reason}" if found.reason else "")


def _row(region: Region) -> dict[str, Any]:
    imported, feed = region.imported, region.feed
    importing = f"importing: {imported.done} of {imported.total}" if imported.total else ""
    paused = _paused(region.paused)
    return {
        "name": region.name, "id": region.id, "url": region.url, "health": region.health,
        "machines": region.machines, "vanished": region.vanished, "in_flight": region.in_flight,
        "max_in_flight": region.max_in_flight, "paused": paused, "version": region.version, "username": region.username,
        "followed_now": region.followed, "polled_at": when(region.polled_at), "lag_seconds": region.lag_seconds,
        "imported_at": when(imported.at), "import": importing, "presence_at": when(region.presence_at),
        "oldest_reading": when(region.oldest_reading_at),
        "reconcile_period_seconds": region.reconcile.period_seconds, "reconcile_duty": region.reconcile.duty,
        "duty": region.duty, "feed": feed.state, "feed_username": feed.username, "feed_reason": feed.reason,
        "health_reason": region.health_reason, "remark": region.remark,
        "note": importing or paused or region.health_reason or feed.reason or region.remark,
    }  # fmt: skip
