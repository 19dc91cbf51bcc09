"""MAAS writes dates in three formats, all of them UTC.

`Mon, 23 Nov. 2026 14:51:58` (events), `Mon, 23 Nov 2026 14:40:48 -0000` (script results) and ISO 8601 without a
zone (boot sources). Month names are matched here, not by strptime: that one follows the process's locale.
"""

import re
from datetime import UTC, datetime

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORDS = re.compile(r"(?:\w+, )?(\d{1,2}) ([A-Za-z]{3})[a-z]*\.? (\d{4}) (\d\d):(\d\d):(\d\d)(?: [+-]0000)?")


def parse_date(text: str) -> datetime:
    """An aware UTC time. Raises ValueError when the text has none of the three formats."""
    found = _WORDS.fullmatch(text.strip())
    if found is None:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    day, month, year, hour, minute, second = found.groups()
    number = _MONTHS.index(month.lower()) + 1
    return datetime(int(year), number, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
