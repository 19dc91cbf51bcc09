"""MAAS regions: how well Gough knows each, adding one, changing one. Secrets are taken in, and never shown again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gough.domain.errors import Conflict, GoughError, Invalid, NotFound, Problem, Refused, Unavailable
from gough.domain.permissions import Permission
from gough.persistence.models import Region
from gough.services import queue, region_pause, regions, timeline
from gough.services.regions import FeedAccount, Standing
from gough.web.message import Answer, Request, redirect
from gough.web.operation import operation
from gough.web.portal import columns
from gough.web.portal.forms import complaint, is_ticked, pause_reason, typed_here
from gough.web.portal.page import page
from gough.web.portal.tables import as_file, is_file

TALKING: tuple[type[GoughError], ...] = (Invalid, Conflict, Refused, Unavailable)
ASKING: tuple[type[GoughError], ...] = (*TALKING, NotFound)
FIELDS = {f"/{name}": name for name in ("name", "url", "api_key", "feed_username", "feed_password", "max_in_flight")}
MOST_IN_FLIGHT = 100_000


@dataclass(frozen=True, slots=True)
class Word:
    """A state as it is drawn: its kind gives colour and shape."""

    kind: str
    label: str


HEALTH: Mapping[str, Word] = {
    "ok": Word("in_service", "Answers"),
    "slow": Word("slow", "Slow"),
    "down": Word("attention", "Does not answer"),
    "refused": Word("attention", "Refuses Gough"),
    "unknown": Word("out", "Not asked yet"),
}
FEED: Mapping[str, Word] = {
    "live": Word("in_service", "live"),
    "off": Word("out", "off"),
    "down": Word("attention", "down"),
    "refused": Word("attention", "refused"),
}
NOT_YET, NOT_READ = Word("out", "not connected yet"), Word("out", "not read: no server follows the region")


@operation("GET /regions", permission=Permission.VIEW, summary="Every region.", is_page=True)
def listed(request: Request) -> Answer:
    return _list(request, "regions.html")


@operation("GET /live/regions", permission=Permission.VIEW, summary="The part that changes.", is_page=True)
def listed_live(request: Request) -> Answer:
    return _list(request, "_regions.html")


@operation("GET /regions/new", permission=Permission.MANAGE, summary="The form to add a region.", is_page=True)
def add_form(request: Request) -> Answer:
    return _form(request, None, {})


@operation(
    "POST /regions/new", permission=Permission.MANAGE, summary="Follow a region; its key is tried first.",
    raises=ASKING, is_page=True,
)  # fmt: skip
def add(request: Request) -> Answer:
    form = request.form
    name, url, key = (form.get(field, "").strip() for field in ("name", "url", "api_key"))
    try:
        if empty := [field for field in ("name", "url", "api_key") if not form.get(field, "").strip()]:
            raise Invalid("The region was not added.", problems=[Problem(f"/{field}", "is missing") for field in empty])
        feed = _account(form, "")
        with typed_here():
            regions.add(request.use, name, url, key, feed=feed, must_answer=not is_ticked(request, "may_be_down"))
    except TALKING as error:
        return _form(request, None, form, error)
    return redirect("/regions")


@operation(
    "GET /regions/<name>", permission=Permission.MANAGE, summary="The form to change a region.", raises=(NotFound,),
    is_page=True,
)  # fmt: skip
def change_form(request: Request, name: str) -> Answer:
    return _form(request, _found(request, name), {})


@operation(
    "POST /regions/<name>", permission=Permission.MANAGE, summary="Another address, key or feed account.",
    raises=ASKING, is_page=True,
)  # fmt: skip
def change(request: Request, name: str) -> Answer:
    form, region = request.form, _found(request, name)
    url, key = form.get("url", "").strip(), form.get("api_key", "").strip()
    try:
        feed = _account(form, region.feed_username)
        other = url if url and url != region.url else None
        limit = _limit(form, region)
        if feed is not None or other is not None or key or limit is not None:
            with typed_here():
                regions.change(
                    request.use, region.id, url=other, api_key=key or None, feed=feed, max_in_flight=limit
                )  # fmt: skip
    except TALKING as error:
        return _form(request, region, form, error)
    return redirect("/regions")


@operation(
    "POST /regions/<name>/test", permission=Permission.MANAGE, summary="Ask the region who we are.", raises=ASKING,
    is_page=True,
)  # fmt: skip
def test(request: Request, name: str) -> Answer:
    regions.test(request.use, name)
    return redirect("/regions")


@operation(
    "POST /regions/<name>/pause", permission=Permission.MANAGE, raises=(NotFound, Conflict, Invalid), is_page=True,
    summary="Begin no more jobs in the region; what runs goes on.",
)  # fmt: skip
def pause(request: Request, name: str) -> Answer:
    region_pause.pause(request.use, name, by=request.by, reason=pause_reason(request))
    return redirect("/regions")


@operation(
    "POST /regions/<name>/resume", permission=Permission.MANAGE, raises=(NotFound, Conflict), is_page=True,
    summary="Begin jobs in the region again.",
)  # fmt: skip
def resume(request: Request, name: str) -> Answer:
    region_pause.resume(request.use, name)
    return redirect("/regions")


def _account(form: Mapping[str, str], before: str) -> FeedAccount | None:
    """None: it stays as it is. Raises Invalid for another name without its password."""
    username, password = form.get("feed_username", before).strip(), form.get("feed_password", "")
    if username == before and not password:
        return None
    if username and not password:
        problem = Problem("/feed_password", "is missing: another user has another password")
        raise Invalid("Nothing was changed.", problems=[problem])
    if password and not username:
        raise Invalid("Nothing was changed.", problems=[Problem("/feed_username", "is missing")])
    return FeedAccount(username, password)


def _limit(form: Mapping[str, str], region: Region) -> int | None:
    """None: it stays as it is. Raises Invalid."""
    text = form.get("max_in_flight", "").strip()
    if not text or text == str(region.max_in_flight):
        return None
    if text.isascii() and text.isdecimal() and int(text[:7]) <= MOST_IN_FLIGHT:
        return int(text)
    problem = Problem("/max_in_flight", f"expected 0 (any number) to {MOST_IN_FLIGHT:,}")
    raise Invalid("Nothing was changed.", problems=[problem])


def _found(request: Request, name: str) -> Region:
    with request.use.database.read() as session:
        return regions.find(session, name)


def _form(request: Request, region: Region | None, typed: Mapping[str, str], error: GoughError | None = None) -> Answer:
    known = {"name": "", "url": region.url if region else "", "feed_username": region.feed_username if region else ""}
    known["max_in_flight"] = str(region.max_in_flight) if region else ""
    said = complaint(error, FIELDS)
    values = {field: typed.get(field, value) for field, value in known.items()}
    return page(
        request, "region.html", status=said.status, region=region, said=said, values=values,
        may_be_down=typed.get("may_be_down") == "yes",
    )  # fmt: skip


def _list(request: Request, template: str) -> Answer:
    with request.use.database.read() as session:
        now = request.use.database.now(session)
        places = {place.region.id: place for place in queue.places(session)}
        found = [
            {**_shown(regions.standing(session, region, now)), "place": places[region.id]}
            for region in regions.listed(session)
        ]
        position = timeline.stream_position(session)
    if is_file(request):
        return as_file("regions", columns.REGIONS, found)
    return page(request, template, found=found, position=position)


def _shown(standing: Standing) -> dict[str, Any]:
    region = standing.region
    feed = FEED.get(region.feed_state, NOT_YET)
    if region.feed_username and not standing.is_followed:
        feed = NOT_READ
    elif region.feed_username and region.feed_state == "off":
        feed = NOT_YET
    health = HEALTH.get(region.health, HEALTH["unknown"])
    return {"standing": standing, "region": region, "health": health, "feed": feed}
