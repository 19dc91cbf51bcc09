"""Package updates that wait, as the machine has already counted them. apt is not run: it would take a second or more.

Ubuntu's update-notifier writes a text for the login message; Debian's prometheus-node-exporter-collectors a table.
Where neither is there, nothing is known, and nothing is guessed.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from gough_agent import host
from gough_agent.clock import timestamp
from gough_agent.collector import HOUR, Sample, collector

PENDING = re.compile(r"^(\d+) updates? can be (?:applied|installed)", re.MULTILINE)
SECURITY = re.compile(r"^(\d+) (?:of these )?updates? (?:is|are) (?:an? )?(?:standard )?security", re.MULTILINE)
TABLE = re.compile(r'^apt_upgrades_pending\{.*?origin="([^"]*)".*?\} (\d+)', re.MULTILINE)


class Counted(NamedTuple):
    pending: int
    security: int


def _notifier(text: str) -> Counted | None:
    """None for a text in words that aren't known, such as another language's."""
    pending, security = PENDING.search(text), SECURITY.search(text)
    if pending is None and text.strip():
        return None
    return Counted(int(pending[1]) if pending else 0, int(security[1]) if security else 0)


def _exporter(text: str) -> Counted | None:
    rows = [(origin, int(count)) for origin, count in TABLE.findall(text)]
    security = sum(count for origin, count in rows if "security" in origin.lower())
    return Counted(sum(count for _, count in rows), security) if rows else None


SOURCES: tuple[tuple[str, Callable[[str], Counted | None]], ...] = (
    ("var/lib/update-notifier/updates-available", _notifier),
    ("var/lib/prometheus/node-exporter/apt.prom", _exporter),
)


@collector("updates", every=HOUR, may_hang=True)
def collect() -> Sample:
    """Counts are null where nobody has counted; `counted_at` says when it was."""
    for name, read in SOURCES:
        text = host.read(name)
        counted = read(text) if text is not None else None
        if counted is not None:
            at = timestamp(host.path(name).stat().st_mtime)
            return {"pending": counted.pending, "security_pending": counted.security, "counted_at": at}
    return {"pending": None, "security_pending": None, "counted_at": None}
