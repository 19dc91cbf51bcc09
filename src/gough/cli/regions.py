"""`gough region` and `gough sync`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gough.cli.output import Format, Output, show, show_one

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from gough.persistence.models import Region

app = typer.Typer(help="MAAS regions: list, show, add, set, test, pause, resume.", no_args_is_help=True)
COLUMNS = ("name", "health", "machines", "version", "username", "feed", "polled_at", "note")
KeyFile = Annotated[typer.FileText | None, typer.Option(help="File with the API key (`maas apikey`); - reads it here.")]
FeedUser = Annotated[str | None, typer.Option(help="A MAAS user for the feed of its pages; empty switches it off.")]
FeedPasswordFile = Annotated[typer.FileText | None, typer.Option(help="File with that user's password.")]


@app.command("list")
def list_regions(output: Output = Format.TABLE) -> None:
    """The regions Gough follows."""
    from gough.cli.embedded import use
    from gough.services import regions

    with use().database.read() as session:
        rows = [_row(session, region) for region in regions.listed(session)]
    show(rows, COLUMNS, output)


@app.command("show")
def show_region(name: str, output: Output = Format.TABLE) -> None:
    """How well Gough knows a region: health, lag, import, reconcile, feed, and what it costs the region."""
    from gough.cli.embedded import use
    from gough.services import regions

    with use().database.read() as session:
        row = _row(session, regions.find(session, name))
    show_one(_for_people(row) if output is Format.TABLE else row, output)


@app.command()
def add(
    name: str,
    url: Annotated[str, typer.Argument(help="http://…:5240/MAAS/")],
    key_file: Annotated[typer.FileText, typer.Option(help="File with the API key (`maas apikey`); - reads it here.")],
    feed_user: FeedUser = None,
    feed_password_file: FeedPasswordFile = None,
) -> None:
    """Follow a region. The key is tried first, and stored encrypted."""
    from gough.cli.embedded import use
    from gough.services import regions

    account = _account(feed_user, feed_password_file)
    region = regions.add(use(), name, url, key_file.read().strip(), feed=account)
    print(f"{region.name}: MAAS {region.version}, signed in as {region.username}.")


@app.command("set")
def set_region(
    name: str,
    url: Annotated[str | None, typer.Option(help="Another address.")] = None,
    key_file: KeyFile = None,
    feed_user: FeedUser = None,
    feed_password_file: FeedPasswordFile = None,
    max_in_flight: Annotated[int | None, typer.Option(help="At most so many jobs at once; 0: any number.")] = None,
) -> None:
    """Another address or key, which are tried first, the account for the feed, or how many jobs may run at once."""
    from gough.cli.embedded import use
    from gough.domain.errors import Invalid
    from gough.services import regions

    if url is None and key_file is None and feed_user is None and max_in_flight is None:
        hint = "Give --url, --key-file, --feed-user or --max-in-flight."
        raise Invalid("There is nothing to change.", hint=hint)
    key = key_file.read().strip() if key_file else None
    account = _account(feed_user, feed_password_file)
    region = regions.change(use(), name, url=url, api_key=key, feed=account, max_in_flight=max_in_flight)
    print(f"{region.name}: MAAS {region.version}, signed in as {region.username}.")
    if max_in_flight is not None:
        print(f"{region.name}: {f'at most {max_in_flight}' if max_in_flight else 'any number of'} jobs at once.")


@app.command()
def test(name: str, output: Output = Format.TABLE) -> None:
    """Ask the region who we are."""
    from gough.cli.embedded import use
    from gough.services import regions

    region = regions.test(use(), name)
    show_one({"name": region.name, "version": region.version, "username": region.username, "health": "ok"}, output)


@app.command()
def pause(name: str, reason: Annotated[str, typer.Option(help="Why, for those who wait.")] = "") -> None:
    """Begin no more jobs in this region; what runs goes on."""
    from gough.cli.embedded import me, use
    from gough.services import region_pause

    found = region_pause.pause(use(), name, by=me(), reason=reason.strip())
    print(f"No more jobs begin in region {found.name} until `gough region resume {found.name}`.")


@app.command()
def resume(name: str) -> None:
    """Begin jobs again in this region."""
    from gough.cli.embedded import use
    from gough.services import region_pause

    print(f"Jobs begin again in region {region_pause.resume(use(), name).name}.")


def sync() -> None:
    """Look at every region once, now; one that a running server follows is left to it."""
    from gough.cli.embedded import use
    from gough.services import regions
    from gough.services import sync as following

    following.poll_all(use())
    with use().database.read() as session:
        rows = [_row(session, region) for region in regions.listed(session)]
    show(rows, COLUMNS, Format.TABLE)
    if any(row["health"] not in ("ok", "slow") for row in rows):
        raise typer.Exit(6)


def _for_people(row: dict[str, Any]) -> dict[str, Any]:
    from gough.domain.durations import in_words

    def percent(share: float) -> str:
        return f"{share * 100:.1f} %"

    told: dict[str, tuple[str, Callable[[float], str]]] = {
        "lag_seconds": ("lag", in_words), "reconcile_period_seconds": ("all_read_again_within", in_words),
        "duty": ("share_of_its_time", percent), "reconcile_duty": ("of_that_reading_again", percent),
        "in_flight": ("jobs_in_flight", str), "max_in_flight": ("at_most", lambda most: str(most or "any number")),
    }  # fmt: skip
    shown = {name: value for name, value in row.items() if name not in told and name != "note"}
    return shown | {name: None if row[key] is None else said(row[key]) for key, (name, said) in told.items()}


def _account(user: str | None, password_file: typer.FileText | None) -> Any:
    from gough.domain.errors import Invalid
    from gough.services.regions import FeedAccount

    if user is None:
        return None
    if user and password_file is None:
        raise Invalid("--feed-user needs --feed-password-file.")
    return FeedAccount(user, password_file.read().strip() if password_file else "")


def _row(session: "Session", region: "Region") -> dict[str, Any]:
    from gough.cli.embedded import use
    from gough.services import admission, regions

    now = use().database.now(session)
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
