"""MAAS regions: adding, testing, listing."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, GoughError, NotFound, Unavailable
from gough.persistence.models import Region
from gough.services.context import Use


def add(use: Use, name: str, url: str, api_key: str, *, must_answer: bool = True) -> Region:
    """Register a region after talking to it. Raises what the region answers, or Conflict for a name in use.

    Without `must_answer` a region that is down is registered all the same; a wrong key never is.
    """
    client = use.connect(url, api_key)
    region = Region(name=name, url=url, api_key_sealed=use.sealer.seal_text(api_key), health="ok")
    try:
        region.version, region.username = client.version(), client.whoami()
    except Unavailable as error:
        if must_answer:
            raise
        region.health, region.health_reason = "down", str(error)
    with use.database.write() as session:
        if session.scalars(select(Region).where(Region.name == name)).first() is not None:
            raise Conflict(f"There is a region called '{name}' already.")
        region.created_at = use.database.now(session)
        session.add(region)
    use.waker.wake()
    return region


def test(use: Use, name: str) -> Region:
    """Ask the region who we are, and remember how that went. Raises what it answers."""
    with use.database.read() as session:
        region = find(session, name)
    try:
        version, username = use.provisioner(region).version(), use.provisioner(region).whoami()
    except GoughError as error:
        set_health(use, region.id, error)
        raise
    with use.database.write() as session:
        region = session.get_one(Region, region.id)
        region.version, region.username, region.health, region.health_reason = version, username, "ok", ""
    return region


def set_health(use: Use, region_id: str, error: GoughError | None) -> None:
    """`down` while the region may come back by itself, `refused` when somebody must act."""
    with use.database.write() as session:
        region = session.get_one(Region, region_id)
        region.health = "ok" if error is None else "down" if error.retryable else "refused"
        region.health_reason = "" if error is None else f"{error} {error.hint}"


def find(session: Session, name: str) -> Region:
    region = session.scalars(select(Region).where((Region.name == name) | (Region.id == name))).one_or_none()
    if region is None:
        raise NotFound(f"There is no region '{name}'.", hint="`gough region list` shows them all.")
    return region


def listed(session: Session) -> list[Region]:
    return list(session.scalars(select(Region).order_by(Region.name)))
