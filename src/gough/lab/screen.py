"""What the lab shows while it runs: a table that stays, and the timeline's news above it."""

import sys
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gough.domain.service_state import LABELS, ServiceState
from gough.lab.operator import Standing
from gough.persistence.models import MachineEvent

MARKS = {
    "pending": ("·", "dim"), "running": ("▶", "bold cyan"), "done": ("●", "green"), "failed": ("✗", "bold red"),
    "skipped": ("○", "dim green"),
}  # fmt: skip
SERVICE_STYLE = {"in_service": "bold green", "in_progress": "cyan", "attention": "bold red", "out": "dim"}
LEVEL_STYLE = {"error": "red", "warning": "yellow"}


class Screen:
    """On a terminal the table is redrawn in place; elsewhere only the news are printed. Everything goes to stderr."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._live = Live(console=self._console, auto_refresh=False) if sys.stderr.isatty() else None

    def __enter__(self) -> "Screen":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def say(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)

    def news(self, events: Sequence[MachineEvent], hostnames: Mapping[str, str]) -> None:
        for event in events:
            said = f"{event.kind}: {event.message}" if event.message else event.kind
            line = Text(f"{event.occurred_at.astimezone():%H:%M:%S} ", "dim")
            line.append(f"{hostnames.get(event.machine_id, '?'):9}", "bold")
            line.append(f"{event.source:11}", "dim").append(said, LEVEL_STYLE.get(event.level, ""))
            self._console.print(line, soft_wrap=True)

    def table(self, standings: Sequence[Standing]) -> None:
        if self._live is not None:
            self._live.update(_table(standings), refresh=True)


def _table(standings: Sequence[Standing]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("machine", "state", "MAAS", "job", "stages"):
        table.add_column(column)
    for s in standings:
        state = Text(LABELS[ServiceState(s.service)], SERVICE_STYLE[s.service])
        bar = Text()
        for name, what in s.stages:
            mark, style = MARKS[what]
            bar.append(f"{mark} {name}  " if what in ("running", "failed") else f"{mark} ", style)
        table.add_row(s.hostname, state, s.status, s.job, bar)
    return table
