"""Writing and reading the timeline, and the one sequencer that orders the live stream."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gough.domain.plain_text import plain
from gough.domain.timeline import Level, Source, TimelineEvent
from gough.persistence.models import MachineEvent, StreamHead

PAGE = 500


def record(
    session: Session,
    machine_id: str,
    event: TimelineEvent,
    *,
    now: datetime,
    job_id: str | None = None,
    detail: dict[str, Any] | None = None,
    dedup_key: str | None = None,
) -> None:
    """Add one event in the caller's transaction. With a `dedup_key`, the caller has looked that it is new."""
    session.add(
        MachineEvent(
            machine_id=machine_id,
            job_id=job_id,
            source=event.source.value,
            kind=plain(event.kind)[:120],
            level=event.level.value,
            message=plain(event.message),
            actor=plain(event.actor),
            detail=detail,
            occurred_at=event.occurred_at,
            recorded_at=now,
            dedup_key=dedup_key,
        )
    )


def history(
    session: Session, machine_id: str, *, after_id: int = 0, limit: int = PAGE, detailed: bool = True
) -> list[MachineEvent]:
    """The newest `limit` events of a machine behind event `after_id`, oldest first; else than `detailed` no debug."""
    query = select(MachineEvent).where(MachineEvent.machine_id == machine_id, MachineEvent.id > after_id)
    if not detailed:
        query = query.where(MachineEvent.level != Level.DEBUG.value)
    newest = query.order_by(MachineEvent.occurred_at.desc(), MachineEvent.id.desc()).limit(limit)
    return list(session.scalars(newest))[::-1]


def newest_id(session: Session, machine_id: str) -> int:
    """0 where nothing has happened yet."""
    return session.scalar(select(func.max(MachineEvent.id)).where(MachineEvent.machine_id == machine_id)) or 0


def as_domain(events: Sequence[MachineEvent]) -> tuple[TimelineEvent, ...]:
    return tuple(
        TimelineEvent(Source(e.source), e.kind, e.message, e.occurred_at, Level(e.level), e.actor) for e in events
    )


def has_unplaced(session: Session) -> bool:
    return session.scalars(select(MachineEvent.id).where(MachineEvent.position.is_(None)).limit(1)).first() is not None


def give_positions(session: Session) -> int:
    """Number the committed events that have no position yet; how many there were.

    The row lock on the stream's head makes this the only sequencer, and only committed events are visible to it:
    an event that commits late gets a later position, so a reader that resumes after position N misses nothing.
    """
    head = session.get(StreamHead, 1, with_for_update=True)
    if head is None:
        head = StreamHead(id=1, position=0)
        session.add(head)
    new = session.scalars(select(MachineEvent.id).where(MachineEvent.position.is_(None)).order_by(MachineEvent.id))
    ids = list(new.fetchmany(PAGE))
    if ids:
        places = [{"id": event_id, "position": head.position + n} for n, event_id in enumerate(ids, start=1)]
        session.execute(update(MachineEvent), places)
    head.position += len(ids)
    return len(ids)


def stream(session: Session, *, after: int, machine_id: str | None = None, limit: int = PAGE) -> list[MachineEvent]:
    """Events with a position greater than `after`, in that order."""
    query = select(MachineEvent).where(MachineEvent.position > after)
    if machine_id is not None:
        query = query.where(MachineEvent.machine_id == machine_id)
    return list(session.scalars(query.order_by(MachineEvent.position).limit(limit)))


def stream_position(session: Session) -> int:
    head = session.get(StreamHead, 1)
    return head.position if head else 0
