"""A drawing as a browser gets it: columns for the script; without one, paths of an SVG and rows of a table."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gough.domain.metrics import Cell, drawn_together
from gough.web.portal.charts import Drawing, Line, pieces

WIDTH, HEIGHT = 300, 60
MOST_DRAWN = 90
MOST_ROWS = 12
Value = float | None


@dataclass(frozen=True, slots=True)
class Path:
    """`band` is from the lowest to the highest; empty where they are the same."""

    line: str
    band: str


def columns(drawing: Drawing) -> dict[str, Any]:
    """`at` in seconds; for each line what it was on average, at the lowest, at the highest. A gap is a None."""
    times = sorted({at for line in drawing.lines for at, _ in line.points})
    moments = list(_with_gaps(times, drawing.gap))
    known = [dict(line.points) for line in drawing.lines]
    return {
        "name": drawing.kind.name, "unit": drawing.kind.unit, "at": [_seconds(at) for at, _ in moments],
        "begin": _seconds(drawing.begin), "end": _seconds(drawing.end),
        "lines": [
            {"title": line.title, **_three([None if is_gap else cells.get(at) for at, is_gap in moments])}
            for line, cells in zip(drawing.lines, known, strict=True)
        ],
    }  # fmt: skip


def paths(drawing: Drawing) -> list[Path]:
    """Of each line, in a box of WIDTH by HEIGHT."""
    return [_path(drawing, line) for line in drawing.lines]


def rows(drawing: Drawing) -> list[tuple[datetime, list[Cell | None]]]:
    """A few moments, newest first, with each line's numbers around them."""
    step = max(1, int((drawing.end - drawing.begin).total_seconds() / MOST_ROWS))
    known = [dict(drawn_together(line.points, step)) for line in drawing.lines]
    times = sorted({at for cells in known for at in cells}, reverse=True)
    return [(at, [cells.get(at) for cells in known]) for at in times]


def _path(drawing: Drawing, line: Line) -> Path:
    length = (drawing.end - drawing.begin).total_seconds()
    step = int(length / MOST_DRAWN)
    points = drawn_together(line.points, step) if step > 1 and len(line.points) > MOST_DRAWN else line.points
    gap = max(drawing.gap, timedelta(seconds=2.5 * step)) if points is not line.points else drawing.gap

    def place(at: datetime, value: float) -> str:
        across = WIDTH * min(1.0, max(0.0, (at - drawing.begin).total_seconds() / length))
        return f"{across:.1f} {HEIGHT * (1 - min(value, drawing.top) / drawing.top):.1f}"

    drawn, band = [], []
    for piece in pieces(points, gap):
        drawn.append("M" + "L".join(place(at, cell.average) for at, cell in piece) + ("h.1" if len(piece) == 1 else ""))
        if any(cell.high > cell.low for _, cell in piece):
            there = [place(at, cell.high) for at, cell in piece]
            back = [place(at, cell.low) for at, cell in reversed(piece)]
            band.append("M" + "L".join([*there, *back]) + "Z")
    return Path("".join(drawn), "".join(band))


def _with_gaps(times: Sequence[datetime], gap: timedelta) -> Iterator[tuple[datetime, bool]]:
    for number, at in enumerate(times):
        if number and at - times[number - 1] > gap:
            yield times[number - 1] + gap / 2, True
        yield at, False


def _three(cells: Sequence[Cell | None]) -> dict[str, list[Value]]:
    return {
        "average": [_short(cell.average) if cell else None for cell in cells],
        "low": [_short(cell.low) if cell else None for cell in cells],
        "high": [_short(cell.high) if cell else None for cell in cells],
    }


def _short(value: float) -> float:
    """Four digits are as many as a chart can show."""
    return float(f"{value:.4g}")


def _seconds(at: datetime) -> float:
    return round(at.timestamp(), 1)
