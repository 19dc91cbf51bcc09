"""What machines have measured."""

from datetime import timedelta
from typing import Any

from gough.cli import embedded
from gough.domain.metrics import BY_NAME
from gough.services import machines, metrics


def top(series: str, limit: int) -> list[dict[str, Any]]:
    with embedded.use().database.read() as session:
        found = metrics.top(session, series, limit, embedded.use().database.now(session))
    unit = BY_NAME[series].unit
    return [{"hostname": p.hostname, "value": round(p.value, 2), "unit": unit, "at": p.at} for p in found]


def summary(name: str, series: list[str], hours: int) -> list[dict[str, Any]]:
    """Lowest, average, highest and last of each series over the hours until now."""
    with embedded.use().database.read() as session:
        now = embedded.use().database.now(session)
        found = metrics.chart(
            session, machines.find(session, name), series, now - timedelta(hours=hours), now, now=now,
            interval_seconds=embedded.use().settings.agent_interval_seconds,
        )  # fmt: skip
    return [
        {
            "series": each, "unit": BY_NAME[each].unit, "points": len(points),
            "lowest": round(min(cell.low for _, cell in points), 2),
            "average": round(sum(cell.total for _, cell in points) / sum(cell.count for _, cell in points), 2),
            "highest": round(max(cell.high for _, cell in points), 2), "last": round(points[-1][1].last, 2),
        }
        for each, points in found.series.items()
        if points
    ]  # fmt: skip
