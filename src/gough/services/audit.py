"""Who did what, from where: one entry a change, written where the change was asked for.

Entry points open a `recording`; use cases add what only they know with `note`.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import structlog
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from gough.domain.errors import GoughError
from gough.persistence.models import AuditEntry
from gough.services.context import Use

DONE = "done"
FAILED = "FAILED"
_HIDDEN = "***"
_SECRET_NAME = re.compile(r"(?i)(password|secret|token|api_?key|sealed|_hash$|code)")
_LONGEST = {"actor": 150, "via": 40, "action": 150, "target": 300, "outcome": 40, "address": 45, "request_id": 64}

log = structlog.get_logger()


@dataclass
class Recording:
    """What is known of a change so far. It is written when its block ends, unless `wanted` is taken away."""

    action: str
    actor: str = ""
    via: str = ""
    target: str = ""
    address: str = ""
    outcome: str = ""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    wanted: bool = True


_current: ContextVar[Recording | None] = ContextVar("audit_recording", default=None)


@contextmanager
def recording(
    use: Use, action: str, *, actor: str = "", via: str = "", target: str = "", address: str = ""
) -> Iterator[Recording]:
    """One entry for what happens inside, whatever comes of it; its outcome is `done` or the error's code."""
    made = Recording(action, actor, via, target, address)
    token = _current.set(made)
    try:
        yield made
        made.outcome = made.outcome or DONE
    except BaseException as error:
        made.outcome = error.code if isinstance(error, GoughError) else made.outcome or FAILED
        raise
    finally:
        _current.reset(token)
        if made.wanted:
            _write(use, made)


def note(
    *,
    target: str = "",
    actor: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add to the entry of the change that is under way; nothing where none is recorded."""
    made = _current.get()
    if made is None:
        return
    made.target, made.actor = target or made.target, made.actor or actor
    made.before = {**(made.before or {}), **before} if before else made.before
    made.after = {**(made.after or {}), **after} if after else made.after


def chosen(*, actor: str = "", action: str = "", target: str = "", since: datetime | None = None) -> Select[Any]:
    """In no order; `action` and `target` are parts of the text."""
    wanted: list[ColumnElement[bool]] = []
    if actor:
        wanted.append(AuditEntry.actor == actor)
    if action:
        wanted.append(AuditEntry.action.contains(action, autoescape=True))
    if target:
        wanted.append(AuditEntry.target.contains(target, autoescape=True))
    if since is not None:
        wanted.append(AuditEntry.at >= since)
    return select(AuditEntry).where(*wanted)


def newest(session: Session, query: Select[Any], *, limit: int, before_id: int = 0) -> list[AuditEntry]:
    """The newest first; behind entry `before_id` where one is given."""
    rest = query.where(AuditEntry.id < before_id) if before_id else query
    return list(session.scalars(rest.order_by(AuditEntry.id.desc()).limit(limit)))


def details(row: AuditEntry) -> dict[str, Any]:
    """An entry as people and programs see it."""
    change = orjson.loads(row.change) if row.change else {}
    return {
        "id": row.id, "at": row.at, "actor": row.actor, "via": row.via, "action": row.action, "target": row.target,
        "outcome": row.outcome, "address": row.address, "request_id": row.request_id,
        "before": change.get("before"), "after": change.get("after"), "position": row.position, "hash": row.hash,
    }  # fmt: skip


def _write(use: Use, made: Recording) -> None:
    """In a transaction of its own, behind the change. What cannot be written is logged, so that it is not lost."""
    values = {
        "actor": made.actor, "via": made.via, "action": made.action, "target": made.target, "outcome": made.outcome,
        "address": made.address, "request_id": str(get_contextvars().get("request_id", "")),
    }  # fmt: skip
    row = {name: _clean(value)[: _LONGEST[name]] for name, value in values.items()}
    try:
        with use.database.write() as session:
            session.add(AuditEntry(at=use.database.now(session), change=_change(made), **row))
    except Exception as error:
        log.error("an audit entry could not be written", **row, exc_info=error)


def _change(made: Recording) -> str:
    parts = {name: _hide(value) for name, value in (("before", made.before), ("after", made.after)) if value}
    return orjson.dumps(parts, option=orjson.OPT_SORT_KEYS, default=str).decode() if parts else ""


def _hide(value: Any) -> Any:
    """Without what is called a secret."""
    if isinstance(value, Mapping):
        return {str(k): _HIDDEN if v and _SECRET_NAME.search(str(k)) else _hide(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hide(each) for each in value]
    return _clean(value) if isinstance(value, str) else value


def _clean(text: str) -> str:
    """What every database takes."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
