"""Maintenance windows."""

from collections.abc import Mapping, Sequence
from typing import Any

from gough.cli.remote.connecting import gough, plain
from gough.domain.windows import DAYS, Window


def listed() -> list[dict[str, Any]]:
    return [plain(each) for each in gough().windows.list()]


def add(window: Window, applies: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    made = gough().windows.add(
        name=window.name, days=[DAYS[day] for day in window.days], start=window.start, minutes=window.minutes,
        timezone=window.timezone, applies={name: list(values) for name, values in applies.items()},
    )  # fmt: skip
    return plain(made)


def remove(name: str) -> None:
    gough().windows.remove(name)
