"""Structured logs on stderr, one JSON object a line, with secrets taken out last, whatever wrote the line."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any, TextIO

import orjson
import structlog

HIDDEN = "***"
_SECRET_NAME = re.compile(r"(?i)(password|secret|token|authorization|cookie|api_?key)")
_PATTERNS = (
    (re.compile(r"(/api/v1/reports/cloud-init/)[^/\s\"'?]+"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|oauth)\s+[^\r\n\"']+"), rf"\1 {HIDDEN}"),
    (re.compile(r"(?i)(authorization[\"']?\s*[:=]\s*[\"']?)[^\r\n\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"\b[A-Za-z0-9]{18}:[A-Za-z0-9]{18}:[A-Za-z0-9]{32}\b"), HIDDEN),  # a MAAS key
    (re.compile(r"\bgough_[0-9a-f]{16}_[\w-]+"), HIDDEN),  # an API key of ours
    (re.compile(r"\beyJ[\w-]{10,}\.[\w-]+\.[\w-]*"), HIDDEN),  # an access token
    (re.compile(r"(://[^\s:/@]*:)[^\s@/]+@"), rf"\1{HIDDEN}@"),  # a password inside a URL
    (re.compile(r"(?i)((?:password|secret|token|api_?key)[\"']?\s*[:=]\s*[\"']?)[^\s\"'&,;]+"), rf"\1{HIDDEN}"),
)
# Every text that a pattern above changes has one of these; nearly no text does, and each line has a dozen.
_PERHAPS = re.compile(
    r"(?i)password|secret|token|api_?key|authorization|bearer|oauth|gough_|eyJ|:[^\s:/@]*@|[A-Za-z0-9]{18}:|/cloud-init/"
)
Event = MutableMapping[str, Any]


def redact(_logger: Any, _method: str, event: Event) -> Event:
    """The processor. Runs behind those that turn exceptions into text, so that tracebacks are covered."""
    for name, value in list(event.items()):
        event[name] = HIDDEN if value and _is_secret(name) else _clean(value)
    return event


@lru_cache(maxsize=1024)
def _is_secret(name: str) -> bool:
    return _SECRET_NAME.search(name) is not None


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        if not _PERHAPS.search(value):
            return value
        for pattern, instead in _PATTERNS:
            value = pattern.sub(instead, value)
        return value
    if isinstance(value, Mapping):
        return dict(redact(None, "", dict(value)))
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


class _Lines:
    """Writes lines. One that cannot be written is lost, as with the standard library: no work fails for its log."""

    def __init__(self, stream: TextIO, *_: Any) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        with suppress(OSError, ValueError):  # ValueError: it is closed
            self._stream.write(f"{line}\n")
            self._stream.flush()

    debug = info = warning = error = critical = exception = fatal = log = msg


def configure(level: str) -> None:
    """One form for what structlog and the standard library's loggers say. Safe to repeat.

    Ours does not go through the library's records: they cost more than the rest of the line.
    """
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    after: list[Any] = [
        structlog.processors.format_exc_info,
        redact,
        structlog.processors.JSONRenderer(serializer=_dumps),
    ]
    structlog.configure(
        processors=[*before, *after],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=partial(_Lines, sys.stderr),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*before, structlog.stdlib.ExtraAdder()],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *after],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("alembic", "httpx", "httpcore"):
        logging.getLogger(chatty).setLevel("WARNING")


def _dumps(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
