"""MAAS regions: adding, changing, testing, listing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, GoughError, Invalid, Misconfigured, NotFound, Unavailable
from gough.domain.locations import has_control_characters
from gough.persistence.models import Machine, Region
from gough.services import audit
from gough.services.context import Use


@dataclass(frozen=True, slots=True)
class FeedAccount:
    """A MAAS user whose name and password open the feed of MAAS's pages; an empty name switches the feed off."""

    username: str
    password: str = ""


def add(
    use: Use, name: str, url: str, api_key: str, *, feed: FeedAccount | None = None, must_answer: bool = True
) -> Region:
    """Register a region after talking to it. Raises what the region answers, or Conflict for a name in use.

    Without `must_answer` a region that is down is registered all the same; a wrong key never is.
    """
    if not name.strip() or len(name) > 80 or has_control_characters(name):
        raise Invalid("A region's name has 1 to 80 characters, and no control characters.")
    _require_bare(url)
    region = Region(name=name, url=url, api_key_sealed=use.sealer.seal_text(api_key), health="ok")
    try:
        region.version, region.username = _ask(use, url, api_key)
    except Unavailable as error:
        if must_answer:
            raise
        region.health, region.health_reason = "down", str(error)
    _set_feed(use, region, feed)
    with use.database.write() as session:
        if session.scalars(select(Region).where(Region.name == name)).first() is not None:
            raise Conflict(f"There is a region called '{name}' already.")
        region.created_at = use.database.now(session)
        session.add(region)
        session.flush()
        audit.note(target=name, after=_told(region))
    use.waker.wake()
    return region


def change(
    use: Use, name: str, *, url: str | None = None, api_key: str | None = None, feed: FeedAccount | None = None,
    max_in_flight: int | None = None,
) -> Region:  # fmt: skip
    """Another address, another key, the feed's account, or how many jobs may run at once (0: any number).

    Raises what the region answers to a new address or key.
    """
    if max_in_flight is not None and not 0 <= max_in_flight <= 100_000:
        raise Invalid("A region can have 0 (any number) to 100,000 jobs in flight.")
    with use.database.read() as session:
        region = find(session, name)
    key = api_key if api_key is not None else use.sealer.open_text(region.api_key_sealed)
    version, username = region.version, region.username
    if url is not None:
        _require_bare(url)
    if url is not None or api_key is not None:
        version, username = _ask(use, url or region.url, key)
    with use.database.write() as session:
        region = session.get_one(Region, region.id)
        audit.note(target=name, before=_told(region))
        region.version, region.username = version, username
        if url is not None:
            region.url = url
        if api_key is not None:
            region.api_key_sealed = use.sealer.seal_text(api_key)
        if url is not None or api_key is not None:
            region.health, region.health_reason = "ok", ""
            region.presence_at = None  # it may be another region behind that address: looked at in the next poll
        if max_in_flight is not None:
            region.max_in_flight = max_in_flight
        _set_feed(use, region, feed)
        audit.note(after={**_told(region), "new_credentials": api_key is not None or feed is not None})
    use.waker.wake()
    return region


def _told(region: Region) -> dict[str, object]:
    """What of a region goes into the audit log."""
    address = region.url.rpartition("@")[2]
    return {"url": address, "max_in_flight": region.max_in_flight, "feed_username": region.feed_username}


def test(use: Use, name: str) -> Region:
    """Ask the region who we are, and remember how that went. Raises what it answers."""
    with use.database.read() as session:
        region = find(session, name)
    try:
        version, username = use.provisioner(region).version(), use.provisioner(region).whoami()
    except GoughError as error:
        _set_health(use, region.id, error)
        raise
    with use.database.write() as session:
        region = session.get_one(Region, region.id)
        region.version, region.username, region.health, region.health_reason = version, username, "ok", ""
    return region


@dataclass(frozen=True, slots=True)
class Standing:
    """How well Gough knows a region. Durations in seconds; `duty` and `reconcile_duty` are shares of the region's time.

    `oldest_reading` is the moment at which the machine that was read longest ago was read.
    """

    region: Region
    machines: int
    vanished: int
    oldest_reading: datetime | None
    is_followed: bool


def standing(session: Session, region: Region, now: datetime) -> Standing:
    present = Machine.vanished_at.is_(None)
    counted = session.execute(
        select(
            func.count().filter(present), func.count().filter(~present), func.min(Machine.observed_at).filter(present)
        )
        .select_from(Machine)
        .where(Machine.region_id == region.id)
    ).one()
    followed = region.poll_lease_until is not None and region.poll_lease_until > now
    return Standing(region, counted[0], counted[1], counted[2], followed)


def find(session: Session, name: str) -> Region:
    region = session.scalars(select(Region).where((Region.name == name) | (Region.id == name))).one_or_none()
    if region is None:
        raise NotFound(f"There is no region '{name}'.", hint="`gough region list` shows them all.")
    return region


def listed(session: Session) -> list[Region]:
    return list(session.scalars(select(Region).order_by(Region.name)))


def _require_bare(url: str) -> None:
    """What stands before an @ is shown to everybody, and sent to nobody."""
    if "@" in url.partition("//")[2].partition("/")[0]:
        raise Invalid("A region's address holds no name or password.", hint="Give the API key by itself.")


def _ask(use: Use, url: str, api_key: str) -> tuple[str, str]:
    """(MAAS's version, whose key it is)"""
    try:
        client = use.connect(url, api_key)
    except Misconfigured as error:  # in the environment it would be our own setting; here it is what somebody typed
        raise Invalid(str(error), hint=error.hint) from error
    try:
        return client.version(), client.whoami()
    finally:
        client.close()


def _set_feed(use: Use, region: Region, feed: FeedAccount | None) -> None:
    if feed is None:
        return
    region.feed_username = feed.username
    region.feed_password_sealed = use.sealer.seal_text(feed.password) if feed.username else None
    region.feed_state, region.feed_reason = "off", ""


def _set_health(use: Use, region_id: str, error: GoughError) -> None:
    """`down` while the region may come back by itself, `refused` when somebody must act."""
    with use.database.write() as session:
        region = session.get_one(Region, region_id)
        region.health = "down" if error.retryable else "refused"
        region.health_reason = f"{error} {error.hint}"
