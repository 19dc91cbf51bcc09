"""Maintenance windows."""

from collections.abc import Mapping, Sequence
from typing import Any

from gough.cli import embedded
from gough.domain.windows import Window
from gough.services import window_shape, windows
from gough.services.machine_filters import choose


def listed() -> list[dict[str, Any]]:
    with embedded.use().database.read() as session:
        now = embedded.use().database.now(session)
        return [window_shape.details(session, row, now) for row in windows.listed(session)]


def add(window: Window, applies: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    windows.add(embedded.use(), window, choose(applies, mark="--"), by=embedded.me())
    with embedded.use().database.read() as session:
        return window_shape.details(session, windows.find(session, window.name), embedded.use().database.now(session))


def remove(name: str) -> None:
    windows.remove(embedded.use(), name)
