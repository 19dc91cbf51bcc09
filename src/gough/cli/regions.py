"""`gough region` and `gough sync`."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from gough.cli.choice import backend
from gough.cli.output import Format, Output, show, show_one

app = typer.Typer(help="MAAS regions: list, show, add, set, test, pause, resume.", no_args_is_help=True)
COLUMNS = ("name", "health", "machines", "version", "username", "feed", "polled_at", "note")
KeyFile = Annotated[typer.FileText | None, typer.Option(help="File with the API key (`maas apikey`); - reads it here.")]
FeedUser = Annotated[str | None, typer.Option(help="A MAAS user for the feed of its pages; empty switches it off.")]
FeedPasswordFile = Annotated[typer.FileText | None, typer.Option(help="File with that user's password.")]


@app.command("list")
def list_regions(output: Output = Format.TABLE) -> None:
    """The regions Gough follows."""
    show(backend("regions").listed(), COLUMNS, output)


@app.command("show")
def show_region(name: str, output: Output = Format.TABLE) -> None:
    """How well Gough knows a region: health, lag, import, reconcile, feed, and what it costs the region."""
    row = backend("regions").one(name)
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
    account = _account(feed_user, feed_password_file)
    _print(backend("regions").add(name, url, key_file.read().strip(), account))


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
    from gough.domain.errors import Invalid

    if url is None and key_file is None and feed_user is None and max_in_flight is None:
        hint = "Give --url, --key-file, --feed-user or --max-in-flight."
        raise Invalid("There is nothing to change.", hint=hint)
    key = key_file.read().strip() if key_file else None
    account = _account(feed_user, feed_password_file)
    region = backend("regions").change(name, url=url, api_key=key, feed=account, max_in_flight=max_in_flight)
    _print(region)
    if max_in_flight is not None:
        print(f"{region['name']}: {f'at most {max_in_flight}' if max_in_flight else 'any number of'} jobs at once.")


@app.command()
def test(name: str, output: Output = Format.TABLE) -> None:
    """Ask the region who we are."""
    show_one({**backend("regions").test(name), "health": "ok"}, output)


@app.command()
def pause(name: str, reason: Annotated[str, typer.Option(help="Why, for those who wait.")] = "") -> None:
    """Begin no more jobs in this region; what runs goes on."""
    found = backend("regions").pause(name, reason.strip())
    print(f"No more jobs begin in region {found} until `gough region resume {found}`.")


@app.command()
def resume(name: str) -> None:
    """Begin jobs again in this region."""
    print(f"Jobs begin again in region {backend('regions').resume(name)}.")


def sync() -> None:
    """Look at every region once, now; one that a running server follows is left to it."""
    regions = backend("regions")
    regions.sync()
    rows = regions.listed()
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


def _account(user: str | None, password_file: typer.FileText | None) -> tuple[str, str] | None:
    from gough.domain.errors import Invalid

    if user is None:
        return None
    if user and password_file is None:
        raise Invalid("--feed-user needs --feed-password-file.")
    return user, password_file.read().strip() if password_file else ""


def _print(region: dict[str, Any]) -> None:
    print(f"{region['name']}: MAAS {region['version']}, signed in as {region['username']}.")
