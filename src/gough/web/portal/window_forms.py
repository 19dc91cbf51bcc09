"""A maintenance window's form: what was typed, the window it means, and how a window reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode
from zoneinfo import available_timezones

from gough.domain.errors import Invalid, Problem
from gough.domain.windows import DAYS, Window, check_window
from gough.persistence.models import MaintenanceWindow
from gough.services.machine_filters import choose
from gough.web.message import Request
from gough.web.portal.forms import repeated
from gough.web.portal.words import span

FILTERS: Mapping[str, str] = {
    "pool": "Resource pool", "zone": "Zone", "tag": "Tag", "site": "Site", "rack": "Rack", "region": "Region",
    "owner": "Owner in MAAS", "architecture": "Architecture",
}  # fmt: skip
FIELDS = {
    **{f"/{name}": name for name in ("name", "days", "start", "minutes", "timezone")},
    **{f"/applies/{name}": f"a.{name}" for name in FILTERS},
    "?region": "a.region",
}
Applies = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, right or wrong. `applies` are values with commas between, by filter."""

    name: str = ""
    days: tuple[str, ...] = ()
    start: str = ""
    minutes: str = ""
    timezone: str = "UTC"
    applies: Mapping[str, str] | None = None

    def filter(self, name: str) -> str:
        return (self.applies or {}).get(name, "")


def typed(request: Request) -> Typed:
    form = request.form
    if not form:
        return Typed()
    days = tuple(day for day in repeated(request).get("days", ()) if day in DAYS)
    name, start, minutes, timezone = (form.get(each, "").strip() for each in ("name", "start", "minutes", "timezone"))
    return Typed(name, days, start, minutes, timezone, {each: form.get(f"a.{each}", "").strip() for each in FILTERS})


def of_window(row: MaintenanceWindow) -> Typed:
    applies = {name: ", ".join(values) for name, values in row.applies.items()}
    days = tuple(DAYS[day] for day in row.days)
    return Typed(row.name, days, row.start, str(row.minutes), row.timezone, applies)


def window_of(given: Typed) -> tuple[Window, Applies]:
    """Raises Invalid with everything that is wrong with the form."""
    number = given.minutes.isascii() and given.minutes.isdecimal() and len(given.minutes) < 6
    days = tuple(DAYS.index(day) for day in given.days)
    window = Window(given.name, days, given.start, int(given.minutes) if number else 0, given.timezone)
    applies = {name: [v.strip() for v in given.filter(name).split(",") if v.strip()] for name in FILTERS}
    problems: list[Problem] = [Problem("/name", "cannot have a / in it")] if "/" in given.name else []
    for check in (lambda: check_window(window), lambda: choose(applies, mark="/applies/")):
        try:
            check()
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid("This is not a maintenance window.", problems=problems)
    return window, {name: values for name, values in applies.items() if values}


def in_words(found: dict[str, Any]) -> dict[str, Any]:
    """A window's details, and how it reads: `Sat, Sun at 06:00 for 2 h`; what it binds, each with a link."""
    joined = {name: " and " if name == "tag" else " or " for name in found["applies"]}
    binds = [f"{FILTERS.get(name, name)}: {joined[name].join(values)}" for name, values in found["applies"].items()]
    query = urlencode(found["applies"], doseq=True)
    return {
        **found, "binds": binds, "machines_link": f"/machines?{query}" if query else "/machines",
        "schedule": f"{_days(found['days'])} at {found['start']} for {span(found['minutes'] * 60)}",
    }  # fmt: skip


@cache
def zones() -> list[str]:
    return sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")


def _days(days: Sequence[str]) -> str:
    """`Every day`, `Mon–Fri`, `Tue, Sat`."""
    at = [DAYS.index(day) for day in days]
    if len(at) == len(DAYS):
        return "Every day"
    if len(at) > 2 and at == list(range(at[0], at[-1] + 1)):
        return f"{days[0].capitalize()}–{days[-1].capitalize()}"
    return ", ".join(day.capitalize() for day in days)
