"""Charts of a machine's metrics: which there are, over which spans, and what is read for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gough.domain.metrics import BY_NAME, Cell, drawn_together
from gough.persistence.models import Machine
from gough.services import filesystems, metrics
from gough.services.context import Use
from gough.services.metrics import Points


@dataclass(frozen=True, slots=True)
class Kind:
    """`series`: drawn in one chart; none: each filesystem has a line."""

    name: str
    title: str
    unit: str
    series: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    points: Points

    @property
    def last(self) -> float | None:
        return self.points[-1][1].last if self.points else None


@dataclass(frozen=True, slots=True)
class Drawing:
    """`gap`: points further apart have nothing between them."""

    kind: Kind
    lines: list[Line]
    begin: datetime
    end: datetime
    gap: timedelta

    @property
    def top(self) -> float:
        """Where the scale ends: a percentage is always one of a hundred."""
        if self.kind.unit == "%":
            return 100.0
        return max((cell.high for line in self.lines for _, cell in line.points), default=0.0) * 1.08 or 1.0


@dataclass(frozen=True, slots=True)
class Span:
    name: str
    title: str
    length: timedelta


KINDS = (
    Kind("cpu", "Processor", "%", ("cpu", "iowait")),
    Kind("memory", "Memory", "%", ("memory",)),
    Kind("load", "Load over 1 minute", "", ("load",)),
    Kind("filesystems", "Filesystems", "%"),
    Kind("disks", "Disks", "B/s", ("disk-read", "disk-written")),
    Kind("network", "Network", "B/s", ("net-in", "net-out")),
    Kind("swap", "Swap used", "B", ("swap",)),
    Kind("temperature", "Hottest sensor", "°C", ("temperature",)),
    Kind("processes", "Processes", "", ("processes",)),
)
STRIP = ("cpu", "memory", "filesystems", "network")
SPANS: Mapping[str, Span] = {
    span.name: span
    for span in (
        Span("10m", "10 minutes", timedelta(minutes=10)), Span("1h", "1 hour", timedelta(hours=1)),
        Span("6h", "6 hours", timedelta(hours=6)), Span("24h", "24 hours", timedelta(hours=24)),
        Span("7d", "7 days", timedelta(days=7)), Span("30d", "30 days", timedelta(days=30)),
        Span("1y", "1 year", timedelta(days=365)),
    )
}  # fmt: skip
USUAL = "24h"
EACH_FILESYSTEM = timedelta(hours=24)  # over longer spans, only the fullest is known
MOST_SAMPLES = 120
MOST_OF_A_FILESYSTEM = 360
GAP = 2.5  # steps


def usual(age: timedelta) -> Span:
    """A day; for a machine that has not reported so long, the shortest that shows all of it."""
    return next(span for span in SPANS.values() if span.length >= age or span.name == USUAL)


def drawings(use: Use, session: Session, machine: Machine, span: Span, now: datetime) -> list[Drawing]:
    """Every chart that has something to show."""
    begin, interval = now - span.length, use.settings.agent_interval_seconds
    found = metrics.chart(session, machine, (), begin, now, now=now, interval_seconds=interval)
    gap = timedelta(seconds=GAP * (found.step or interval))
    mounts = filesystems.fullest(session, machine.id, begin, now) if span.length <= EACH_FILESYSTEM else {}
    step = max(1, int(span.length.total_seconds() / MOST_OF_A_FILESYSTEM))
    each = [Line(mount, drawn_together(points, step)) for mount, points in mounts.items()]
    apart = max(gap, timedelta(seconds=GAP * step))
    made = [
        Drawing(kind, _lines(found.series, kind), begin, now, gap) if kind.series or not each
        else Drawing(kind, each, begin, now, apart)
        for kind in KINDS
    ]  # fmt: skip
    return [drawing for drawing in made if any(line.points for line in drawing.lines)]


def strip(use: Use, session: Session, machine: Machine, now: datetime) -> list[Drawing]:
    """The main charts of the last hour, from so few samples that a page can be drawn at each heartbeat."""
    interval = timedelta(seconds=use.settings.agent_interval_seconds)
    begin = now - min(timedelta(hours=1), MOST_SAMPLES * interval)
    names = [name for kind in KINDS if kind.name in STRIP for name in kind.series or ("disk",)]
    found = metrics.chart(session, machine, names, begin, now, now=now, interval_seconds=interval.total_seconds())
    made = [Drawing(k, _lines(found.series, k), begin, now, GAP * interval) for k in KINDS if k.name in STRIP]
    return [drawing for drawing in made if any(line.points for line in drawing.lines)]


def _lines(series: Mapping[str, Points], kind: Kind) -> list[Line]:
    return [Line(BY_NAME[name].title, series.get(name, [])) for name in kind.series or ("disk",)]


def pieces(points: Points, gap: timedelta) -> list[Sequence[tuple[datetime, Cell]]]:
    """The stretches in which it was heard without a gap."""
    starts = [n for n, (at, _) in enumerate(points) if n == 0 or at - points[n - 1][0] > gap]
    return [points[begin:end] for begin, end in zip(starts, [*starts[1:], len(points)], strict=True)]
