"""How values are said to people: moments, spans, sizes. Times are UTC on the server; the script makes them local."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from markupsafe import Markup

from gough.domain.plays import recap_in_words
from gough.domain.priorities import word_of

STEPS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def span(seconds: float) -> str:
    """`12 s`, `3 min`, `2 h 5 min`, `4 d 1 h`: two units at most, none where it says nothing."""
    left = max(0, int(seconds))
    for index, (size, unit) in enumerate(STEPS):
        if left >= size:
            first = f"{left // size} {unit}"
            rest = left % size
            smaller, smaller_unit = STEPS[min(index + 1, len(STEPS) - 1)]
            if unit in ("d", "h") and rest >= smaller:
                return f"{first} {rest // smaller} {smaller_unit}"
            return first
    return "0 s"


def since(moment: datetime | None, now: datetime | None = None) -> str | Markup:
    if moment is None:
        return "–"
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    return _time(moment, span(seconds), "since")


def clock(moment: datetime | None) -> str | Markup:
    """`20:14:33`, with the day on hover."""
    return "–" if moment is None else _time(moment, f"{moment.astimezone(UTC):%H:%M:%S}", "clock")


def day(moment: datetime | None) -> str | Markup:
    return "–" if moment is None else _time(moment, f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}", "day")


def countdown(moment: datetime | None) -> str | Markup:
    return "" if moment is None else _time(moment, span((moment - datetime.now(UTC)).total_seconds()), "countdown")


def seconds(begun: datetime, ended: datetime | None = None) -> int:
    """From one to the other, or to now."""
    return max(0, int(((ended or datetime.now(UTC)) - begun).total_seconds()))


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, for the script."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def brief(progress: str) -> str:
    """`10-docker.sh start` for `modules-final/config-scripts_user/10-docker.sh start`."""
    return progress.rpartition("/")[2]


def between(begun: datetime | None, ended: datetime | None) -> str:
    return "" if begun is None or ended is None else span((ended - begun).total_seconds())


def size(number: float | None) -> str:
    """Bytes, in binary units."""
    value = float(number or 0)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            return f"{value:.0f} {unit}" if value >= 10 or unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    raise AssertionError("unreachable")


def mib(number: int) -> str:
    return size(number * 1024 * 1024) if number else "–"


def megabytes(number: float) -> str:
    """Decimal, as disks are sold and as MAAS counts them."""
    if not number:
        return "–"
    return f"{number / 1_000_000:.1f} TB" if number >= 1_000_000 else f"{number / 1000:.0f} GB"


def thousands(number: int) -> str:
    """`1,100`."""
    return f"{number:,}"


def share(part: float | None) -> str:
    """`3.2 %` for 0.032."""
    return "–" if part is None else f"{part * 100:.1f} %"


def quantity(value: float | None, unit: str) -> str:
    """A metric's value: `12.3 %`, `1.2 MiB/s`, `54 °C`, `0.52`."""
    if value is None:
        return "–"
    if unit in ("B", "B/s"):
        return size(value) + unit[1:]
    digits = 0 if value >= 100 or (unit == "" and value == int(value)) else 1 if unit else 2
    return f"{value:,.{digits}f} {unit}".strip()


def plural(number: int, noun: str) -> str:
    """`1 machine`, `1,100 machines`."""
    return f"{thousands(number)} {noun}{'' if number == 1 else 's'}"


def local_path(url: str, host: str) -> str:
    """The path of a page of ours that somebody came from; `/` for any other."""
    parts = urlsplit(url)
    safe = parts.netloc == host and parts.path.startswith("/") and not parts.path.startswith(("//", "/\\"))
    return parts.path if safe else "/"


def _time(moment: datetime, text: str, form: str) -> Markup:
    utc = moment.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}" data-form="{}">{}</time>').format(
        instant(moment), f"{utc:%Y-%m-%d %H:%M:%S} UTC", form, text
    )


FILTERS: Mapping[str, Callable[..., Any]] = {
    "since": since, "clock": clock, "day": day, "countdown": countdown, "between": between, "size": size, "mib": mib,
    "megabytes": megabytes, "thousands": thousands, "share": share, "span": span, "plural": plural,
    "recap": recap_in_words, "seconds": seconds, "instant": instant, "brief": brief, "quantity": quantity,
    "priority": lambda rank: word_of(rank).value,
}  # fmt: skip
