"""MAAS regions: how well Gough knows them, adding, changing, testing, pausing."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from gough.domain.permissions import Permission
from gough.persistence.models import Region
from gough.services import admission, region_pause, region_removal, regions
from gough.services.regions import FeedAccount
from gough.web.api.answers.site import Region as ShownRegion
from gough.web.api.answers.site import RegionPage, RegionStatus
from gough.web.api.machines import Strict
from gough.web.api.paging import ListQuery, as_page, by_name
from gough.web.api.region_shape import region_shape, status_shape
from gough.web.declaration import Query
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation

TALKING = (Invalid, Conflict, NotFound, Refused, Unavailable)
EDITED = ("id", "name", "url", "api_key_sealed", "max_in_flight", "feed_username", "feed_password_sealed")


class FeedLogin(Strict):
    """An empty user name switches the feed off."""

    username: str = Field(max_length=150)
    password: str = Field("", max_length=1000, repr=False)


class NewRegion(Strict):
    name: str = Field(min_length=1, max_length=80)
    url: str = Field(min_length=1, max_length=500)
    api_key: str = Field(min_length=5, max_length=500, repr=False)
    feed: FeedLogin | None = None


class ChangedRegion(Strict):
    url: str | None = Field(None, min_length=1, max_length=500)
    api_key: str | None = Field(None, min_length=5, max_length=500, repr=False)
    feed: FeedLogin | None = None
    max_in_flight: int | None = Field(None, ge=0, le=100_000)


class AskRegion(Strict):
    """Nothing to say yet."""


class SyncRegion(Strict):
    full: bool = False


class RemoveQuery(Query):
    force: bool = Field(False, description="Although machines are in service or jobs at work.")


class PauseRegion(Strict):
    reason: str = Field("", max_length=1000)


class ResumeRegion(Strict):
    """Nothing to say yet."""


class RegionsQuery(ListQuery):
    sort: Literal["name", "-name"] = "name"


def edited(session: Session, name: str) -> dict[str, Any]:
    """What people edit of a region. The secrets are sealed, and only told apart."""
    found = regions.find(session, name)
    return {each: getattr(found, each) for each in EDITED}


@operation(
    "GET /api/v1/regions", permission=Permission.VIEW, query=RegionsQuery, gives={200: RegionPage},
    summary="The MAAS regions Gough follows.",
)  # fmt: skip
def listed(request: Request, query: RegionsQuery) -> Answer:
    with request.use.database.read() as session:
        now = request.use.database.now(session)
        page, key = by_name(regions.listed(session), query)
        items = [_shape(session, found, now) for found in page]
    return as_page(items, RegionPage, query, key)


@operation(
    "GET /api/v1/regions/<name>", permission=Permission.VIEW, summary="One region.", raises=(NotFound,),
    gives={200: ShownRegion}, edited=edited,
)  # fmt: skip
def one(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        return as_json(_shape(session, regions.find(session, name), request.use.database.now(session)))


@operation(
    "POST /api/v1/regions", permission=Permission.MANAGE, body=NewRegion, raises=TALKING,
    gives={201: ShownRegion},
    summary="Follow a region; its key is tried first.",
)  # fmt: skip
def add(request: Request, body: NewRegion) -> Answer:
    made = regions.add(request.use, body.name, body.url, body.api_key, feed=_account(body.feed))
    return _shown(request, made, 201)


@operation(
    "PATCH /api/v1/regions/<name>", permission=Permission.MANAGE, body=ChangedRegion, raises=TALKING,
    gives={200: ShownRegion}, edited=edited,
    summary="Another address, key or feed account, or how many jobs may run there at once.",
)  # fmt: skip
def change(request: Request, name: str, body: ChangedRegion) -> Answer:
    changed = regions.change(
        request.use, name, url=body.url, api_key=body.api_key, feed=_account(body.feed),
        max_in_flight=body.max_in_flight,
    )  # fmt: skip
    return _shown(request, changed)


@operation(
    "POST /api/v1/regions/<name>/test", permission=Permission.OPERATE, body=AskRegion, raises=TALKING,
    gives={200: ShownRegion},
    summary="Ask the region who we are.",
)  # fmt: skip
def test(request: Request, name: str, body: AskRegion) -> Answer:  # noqa: ARG001  (refuses unknown fields)
    return _shown(request, regions.test(request.use, name))


@operation(
    "DELETE /api/v1/regions/<name>", permission=Permission.MANAGE, raises=(NotFound, Conflict), gives={204: None},
    edited=edited, query=RemoveQuery,
    summary="Follow a region no more; its machines' history stays. Their agents' keys end. MAAS is told nothing.",
)  # fmt: skip
def remove(request: Request, name: str, query: RemoveQuery) -> Answer:
    region_removal.remove(request.use, name, by=request.by, force=query.force)
    return Answer(204)


@operation(
    "POST /api/v1/regions/<name>/sync", permission=Permission.OPERATE, body=SyncRegion, raises=(NotFound,),
    gives={202: RegionStatus},
    summary="Look at once which machines there are; with `full` every machine is read again.",
)  # fmt: skip
def sync(request: Request, name: str, body: SyncRegion) -> Answer:
    found = regions.sync(request.use, name, by=request.by, full=body.full)
    with request.use.database.read() as session:
        shown = _status(session, regions.find(session, found.id), request.use.database.now(session))
    return as_json(shown, 202, (("Location", f"/api/v1/regions/{found.id}/status"),))


@operation(
    "GET /api/v1/regions/<name>/status", permission=Permission.VIEW, raises=(NotFound,), gives={200: RegionStatus},
    summary="How well a region is followed: health, lag, what it costs the region, how far an import is.",
)  # fmt: skip
def status(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        return as_json(_status(session, regions.find(session, name), request.use.database.now(session)))


def _status(session: Session, region: Region, now: datetime) -> dict[str, Any]:
    return status_shape(regions.standing(session, region, now), unread=regions.unread(session, region))


@operation(
    "POST /api/v1/regions/<name>/pause", permission=Permission.MANAGE, body=PauseRegion, raises=(NotFound, Conflict),
    gives={200: ShownRegion},
    summary="Begin no more jobs in this region; what runs goes on.",
)  # fmt: skip
def pause(request: Request, name: str, body: PauseRegion) -> Answer:
    return _shown(request, region_pause.pause(request.use, name, by=request.by, reason=body.reason.strip()))


@operation(
    "POST /api/v1/regions/<name>/resume", permission=Permission.MANAGE, body=ResumeRegion, raises=(NotFound, Conflict),
    gives={200: ShownRegion},
    summary="Begin jobs again in this region.",
)  # fmt: skip
def resume(request: Request, name: str, body: ResumeRegion) -> Answer:  # noqa: ARG001  (refuses unknown fields)
    return _shown(request, region_pause.resume(request.use, name))


def _account(feed: FeedLogin | None) -> FeedAccount | None:
    return None if feed is None else FeedAccount(feed.username, feed.password)


def _shown(request: Request, region: Region, status: int = 200) -> Answer:
    with request.use.database.read() as session:
        shown = _shape(session, regions.find(session, region.id), request.use.database.now(session))
    return as_json(shown, status, (("Location", f"/api/v1/regions/{region.id}"),) if status == 201 else ())


def _shape(session: Session, region: Region, now: datetime) -> dict[str, Any]:
    return region_shape(regions.standing(session, region, now), admission.in_flight(session, region.id))
