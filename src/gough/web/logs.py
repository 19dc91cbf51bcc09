"""Structured logs on stderr, one JSON object a line, with secrets taken out last, whatever wrote the line."""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

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
Event = MutableMapping[str, Any]


def redact(_logger: Any, _method: str, event: Event) -> Event:
    """The processor. Runs behind those that turn exceptions into text, so that tracebacks are covered."""
    for name in list(event):
        event[name] = HIDDEN if _SECRET_NAME.search(name) and event[name] else _clean(event[name])
    return event


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        for pattern, instead in _PATTERNS:
            value = pattern.sub(instead, value)
        return value
    if isinstance(value, Mapping):
        return dict(redact(None, "", dict(value)))
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value


def configure(level: str) -> None:
    """Route structlog and the standard library's loggers through one formatter. Safe to repeat."""
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*before, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
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
