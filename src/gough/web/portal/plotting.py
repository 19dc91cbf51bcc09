"""A drawing as a browser gets it: columns for the script; without one, paths of an SVG and rows of a table."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from gough.domain.metrics import Cell, drawn_together
from gough.web.portal.charts import GAP, Drawing, Line, pieces

WIDTH, HEIGHT = 300, 60
MOST_DRAWN = 48
MOST_ROWS = 10
Value = float | None


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


def paths(drawing: Drawing) -> list[str]:
    """Of each line's averages, in a box of WIDTH by HEIGHT; the table tells the lowest and the highest."""
    return [_path(drawing, line) for line in drawing.lines]


def rows(drawing: Drawing) -> list[tuple[datetime, list[Cell | None]]]:
    """A few moments, newest first, with each line's numbers around them."""
    step = max(1, int((drawing.end - drawing.begin).total_seconds() / MOST_ROWS))
    known = [dict(drawn_together(line.points, step)) for line in drawing.lines]
    times = sorted({at for cells in known for at in cells}, reverse=True)
    return [(at, [cells.get(at) for cells in known]) for at in times]


def _path(drawing: Drawing, line: Line) -> str:
    length = (drawing.end - drawing.begin).total_seconds()
    points, gap = line.points, drawing.gap
    if len(points) > MOST_DRAWN:
        step = max(1, int(length / MOST_DRAWN))
        points, gap = drawn_together(points, step), max(gap, timedelta(seconds=GAP * step))

    def place(at: datetime, cell: Cell) -> str:
        across = WIDTH * min(1.0, max(0.0, (at - drawing.begin).total_seconds() / length))
        return f"{across:.0f} {HEIGHT * (1 - min(cell.average / drawing.top, 1)):.1f}"

    drawn = ["M" + "L".join(place(at, cell) for at, cell in piece) for piece in pieces(points, gap)]
    return "".join(f"{piece}h1" if "L" not in piece else piece for piece in drawn)


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
