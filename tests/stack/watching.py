"""Waiting for a whole stack, and what stood where when it was waited for in vain."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic

from gough.lab.hall import Hall
from gough.lab.operator import Operator

PATIENCE = 240.0
LOG_LINES = 15


def until(condition: Callable[[], bool], what: str, told: Callable[[], str] = str, patience: float = PATIENCE) -> None:
    """Look again and again, for as long as a slow computer may need. `told` says how things stand when it did not."""
    pause, end = Event(), monotonic() + patience
    while not condition():
        assert monotonic() < end, f"not within {patience:.0f} s: {what}\n{told()}"
        pause.wait(0.1)


@dataclass(frozen=True, slots=True)
class Standings:
    """A text of every machine that has not arrived, and the end of each log."""

    operator: Operator
    hall: Hall
    folder: Path

    def __call__(self) -> str:
        lines = [
            f"{each.hostname}: {each.service}, {each.status} (MAAS), {each.job} {dict(each.stages)} {each.diagnosis}"
            for each in self.operator.standings()
            if not each.ended or each.failed
        ]
        lines.append(f"submitted: {self.hall.deploys()}")
        for log in sorted(self.folder.glob("*.log")):
            tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:]
            lines += [f"--- {log.name}", *tail]
        return "\n".join(lines)
