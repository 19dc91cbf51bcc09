"""Durations as people write them: `45m`, `90s`, `2h`."""

import re
from collections.abc import Mapping
from datetime import timedelta

_UNITS = {"s": 1, "m": 60, "h": 3600}


def parse_duration(text: str) -> timedelta:
    """`90s`, `45m`, `1.5h`; a bare number is seconds. Raises ValueError saying what is wrong."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text.strip())
    if match is None:
        raise ValueError(f"'{text}' is not a duration such as 90s, 45m or 2h")
    try:
        return timedelta(seconds=float(match[1]) * _UNITS[match[2] or "s"])
    except OverflowError:
        raise ValueError(f"'{text}' is too long a duration") from None


def parse_durations(text: str) -> Mapping[str, timedelta]:
    """`install=45m,agent=5m` as {name: duration}. Raises ValueError."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    return {name.strip(): parse_duration(value) for name, _, value in pairs}


def in_words(seconds: float) -> str:
    """`42 s`, `3 min 05 s`, `2 h 10 min`: for people."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
