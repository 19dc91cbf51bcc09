"""What machines have measured."""

from typing import Any

from gough.cli.remote.connecting import gough, when


def top(series: str, limit: int) -> list[dict[str, Any]]:
    found = gough().fleet.top(series=series, limit=limit)
    return [
        {"hostname": each.hostname, "value": round(each.value, 2), "unit": found.unit, "at": when(each.at)}
        for each in found.machines
    ]


def summary(name: str, series: list[str], hours: int) -> list[dict[str, Any]]:
    """Lowest, average, highest and last of each series over the hours until now."""
    found = gough().machines.metrics(name, series=",".join(series) or None, hours=hours)
    return [
        {
            "series": line.name, "unit": line.unit, "points": len(line.points),
            "lowest": round(min(each.low for each in line.points), 2),
            "average": round(
                sum(each.average * each.count for each in line.points) / sum(each.count for each in line.points), 2
            ),
            "highest": round(max(each.high for each in line.points), 2), "last": round(line.points[-1].last, 2),
        }
        for line in found.series
        if line.points
    ]  # fmt: skip
