"""A file that is touched at each round of a process, for whoever watches over it: see `gough.healthcheck`."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import structlog

log = structlog.get_logger()
EVERY = 5.0  # seconds, where a round has no length of its own


def pulse(file: Path | None) -> Callable[[], None]:
    """Touches `file`; does nothing where there is none."""
    return partial(_touch, file) if file is not None else lambda: None


def _touch(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    except OSError as error:
        log.warning("pulse not written", file=str(file), error=str(error))
