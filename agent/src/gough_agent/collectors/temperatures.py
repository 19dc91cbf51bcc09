"""Temperatures as the kernel's hwmon drivers tell them, through psutil; a virtual machine has none."""

import psutil

from gough_agent.collector import MINUTE, Json, Sample, collector

MAX_SENSORS = 32  # the hottest; a machine with two processors may have a hundred


@collector("temperatures", every=MINUTE, may_hang=True)
def collect() -> Sample:
    """{"sensors": [...]}, hottest first. A limit that the driver doesn't know is null."""
    sensors = [
        _sensor(chip, found.label, found.current, found.high, found.critical)
        for chip, readings in psutil.sensors_temperatures().items()
        for found in readings
        if found.current is not None
    ]
    return {"sensors": sorted(sensors, key=_celsius, reverse=True)[:MAX_SENSORS]}


def _sensor(chip: str, label: str, celsius: float, high: float | None, critical: float | None) -> dict[str, Json]:
    return {"chip": chip, "label": label, "celsius": celsius, "high_celsius": high, "critical_celsius": critical}


def _celsius(sensor: dict[str, Json]) -> float:
    celsius = sensor["celsius"]
    assert isinstance(celsius, int | float)
    return celsius
