"""Maintenance windows: when work may begin on machines that somebody depends on."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gough.domain.errors import Invalid, Problem
from gough.domain.plain_text import plain

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST = timedelta(days=7)
SEARCHED = 8  # days ahead: every window opens at least once a week


@dataclass(frozen=True, slots=True)
class Window:
    """Opens on these days (0 is Monday) at `start` (HH:MM, local time of `timezone`), for so many minutes."""

    name: str
    days: tuple[int, ...]
    start: str
    minutes: int
    timezone: str = "UTC"

    def is_open(self, now: datetime) -> bool:
        return any(begin <= now < end for begin, end in self._around(now))

    def opens_after(self, now: datetime) -> datetime:
        """The next time it opens; now, when it is open."""
        return now if self.is_open(now) else min(begin for begin, _ in self._around(now) if begin > now)

    def _around(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        zone = ZoneInfo(self.timezone)
        hour, minute = (int(part) for part in self.start.split(":"))
        local = now.astimezone(zone)
        for ahead in range(-SEARCHED, SEARCHED + 1):
            day = (local + timedelta(days=ahead)).date()
            if day.weekday() in self.days:
                begin = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(now.tzinfo)
                yield begin, begin + timedelta(minutes=self.minutes)


def next_opening(windows: Iterable[Window], now: datetime) -> datetime:
    """The first moment from now on at which one of them is open."""
    return min(window.opens_after(now) for window in windows)


def parse_days(text: str) -> tuple[int, ...]:
    """`sat,sun`, `mon-fri`, `daily`. Raises Invalid."""
    found: set[int] = set()
    for part in text.lower().replace("daily", "mon-sun").split(","):
        first, _, last = part.strip().partition("-")
        if first not in DAYS or (last and last not in DAYS):
            raise Invalid(f"'{text}' names no days.", hint="Write days like sat,sun or mon-fri, or daily.")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found |= {day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)}
    return tuple(sorted(found))


def check_window(window: Window) -> None:
    """Raises Invalid with everything that is wrong."""
    problems = list(_faults(window))
    if problems:
        raise Invalid("This is not a maintenance window.", problems=problems)


def _faults(window: Window) -> Iterator[Problem]:
    if not window.name.strip() or len(window.name) > 80 or plain(window.name) != window.name or "\n" in window.name:
        yield Problem("/name", "expected 1 to 80 characters, and no control characters")
    if not window.days or not set(window.days) <= set(range(7)):
        yield Problem("/days", "expected some of mon to sun")
    if not _is_time(window.start.split(":")):
        yield Problem("/start", "expected a time of day like 22:00")
    if not 1 <= window.minutes <= LONGEST.total_seconds() / 60:
        yield Problem("/minutes", "expected 1 minute to 7 days")
    try:
        ZoneInfo(window.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        yield Problem("/timezone", f"'{window.timezone}' is not a time zone such as Europe/Berlin")


def _is_time(parts: Sequence[str]) -> bool:
    if len(parts) != 2 or not all(len(part) == 2 and part.isdecimal() for part in parts):
        return False
    return int(parts[0]) < 24 and int(parts[1]) < 60
