"""The chain: each entry's hash covers the one before, so that none can be changed or taken out unseen.

Entries get their places in batches, one batch at a time over all processes; each batch ends with a signed
checkpoint. Old entries go only up to a checkpoint, which then says so.
"""

from datetime import timedelta
from hashlib import sha256

import orjson
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from gough.persistence.models import AuditCheckpoint, AuditEntry
from gough.services.audit_signing import sign
from gough.services.context import Use

BATCH = 500
CHUNK = 1000
START = "0" * 64
RETENTION = "retention"
_LOCK = 0x676F756768_0A  # one batch at a time over all processes


def extend(use: Use) -> int:
    """Put the entries that wait into the chain; how many there were."""
    done = 0
    while count := _extend_once(use):
        done += count
    return done


def hash_of(before: str, row: AuditEntry, position: int) -> str:
    """The hash of an entry at that place behind the one whose hash is `before`."""
    said = [position, row.at, row.actor, row.via, row.action, row.target, row.outcome, row.address, row.request_id,
            row.change]  # fmt: skip
    return sha256(before.encode() + orjson.dumps(said, option=orjson.OPT_UTC_Z)).hexdigest()


def retain(use: Use) -> None:
    """Remove what is older than GOUGH_AUDIT_DAYS, up to a checkpoint that says so from then on."""
    if not use.settings.audit_days:
        return
    with use.database.write() as session:
        _alone(session)
        before = use.database.now(session) - timedelta(days=use.settings.audit_days)
        query = select(AuditCheckpoint).where(AuditCheckpoint.at < before).order_by(AuditCheckpoint.position.desc())
        last = session.scalars(query.limit(1)).first()
        if last is None:
            return
        if last.kind != RETENTION:
            last.kind = RETENTION
            sign(use, last)
        session.execute(delete(AuditCheckpoint).where(AuditCheckpoint.position < last.position))
    while _forget_some(use, last.position):
        pass


def retention(session: Session) -> AuditCheckpoint | None:
    """The checkpoint up to which entries were removed on purpose."""
    query = select(AuditCheckpoint).where(AuditCheckpoint.kind == RETENTION)
    return session.scalars(query.order_by(AuditCheckpoint.position.desc()).limit(1)).first()


def _extend_once(use: Use) -> int:
    with use.database.read() as session:
        if session.scalars(select(AuditEntry.id).where(AuditEntry.position.is_(None)).limit(1)).first() is None:
            return 0
    with use.database.write() as session:
        _alone(session)
        query = select(AuditEntry).where(AuditEntry.position.is_(None)).order_by(AuditEntry.id).limit(BATCH)
        waiting = list(session.scalars(query))
        if not waiting:
            return 0
        position, latest = _head(session)
        for row in waiting:
            position += 1
            latest = hash_of(latest, row, position)
            row.position, row.hash = position, latest
        made = AuditCheckpoint(position=position, hash=latest, at=use.database.now(session), kind="batch")
        sign(use, made)
        session.add(made)
        return len(waiting)


def _head(session: Session) -> tuple[int, str]:
    """Where the chain ends: by its checkpoint where that is further on, so that a cut tail leaves a gap."""
    query = select(AuditEntry).where(AuditEntry.position.is_not(None)).order_by(AuditEntry.position.desc())
    last = session.scalars(query.limit(1)).first()
    signed = session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.position.desc()).limit(1)).first()
    ends = [(row.position or 0, row.hash or "") for row in (last, signed) if row is not None]
    return max(ends, default=(0, START), key=lambda end: end[0])


def _forget_some(use: Use, position: int) -> bool:
    with use.database.write() as session:
        old = select(AuditEntry.id).where(AuditEntry.position <= position).order_by(AuditEntry.position).limit(CHUNK)
        ids = list(session.scalars(old))
        session.execute(delete(AuditEntry).where(AuditEntry.id.in_(ids)))
    return len(ids) == CHUNK


def _alone(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
