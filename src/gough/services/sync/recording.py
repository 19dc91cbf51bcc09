"""Reading machines over REST and recording them with their events: the one way in for every source."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from gough.domain.maas_events import SHOWN
from gough.domain.plain_text import plain
from gough.domain.timeline import Level, Source
from gough.persistence.models import Machine, MachineEvent, Region
from gough.ports import ProvisionerEvent
from gough.services import observing
from gough.services.attribution import attribute, author_of
from gough.services.sync.scripts import failed_scripts, record_output
from gough.services.sync.telling import show
from gough.services.sync.visit import Visit

LEVELS = {
    "DEBUG": Level.DEBUG, "INFO": Level.INFO, "AUDIT": Level.INFO, "WARNING": Level.WARNING, "ERROR": Level.ERROR,
    "CRITICAL": Level.ERROR,
}  # fmt: skip
Events = Sequence[ProvisionerEvent]


def fetch(
    visit: Visit,
    system_ids: Sequence[str],
    events: Events = (),
    *,
    reconcile: bool = False,
    between: Callable[[int], None] = lambda _: None,
) -> float:
    """Read these machines and record them with their events, chunk by chunk: usable from the first chunk on.

    `between` is called after each chunk with the number of machines in it. The seconds that the last chunk took.
    """
    took = 0.0
    for chunk in visit.chunks(system_ids):
        took = _fetch_chunk(visit, chunk, [e for e in events if e.system_id in set(chunk)], events, reconcile)
        visit.use.waker.wake()
        between(len(chunk))
    return took


def _fetch_chunk(visit: Visit, chunk: Sequence[str], named: Events, page: Events, reconcile: bool) -> float:
    """The event log is read once more after the machines, so that a failed machine is never recorded without the event
    that says why. Such a late event is recorded as of after its machine was asked for, so it makes it be read again.
    """
    use, asked_at = visit.use, visit.now()
    records, took = visit.ask(lambda: list(visit.client.machines(chunk)), reconcile=reconcile)
    visit.adapt(len(chunk), took)
    read_at = max(visit.now(), asked_at + timedelta(microseconds=1))  # SQLite's clock has only milliseconds
    later: Events = visit.ask(lambda: visit.client.events(page[-1].id))[0] if page else ()
    late = [event for event in later if event.system_id in set(chunk)]
    failed = failed_scripts(visit, records)
    with use.database.write() as session:
        here = session.get_one(Region, visit.region.id)
        seen = observing.observe_all(session, here, records, observed_at=asked_at)
        known = {**_known(session, here, set(chunk) - seen.keys()), **seen}
        for system_id in known.keys() - seen.keys():
            observing.missing(session, known[system_id], asked_at=asked_at)
        ids = {system_id: machine.id for system_id, machine in known.items()}
        _record(session, here, ids, named, asked_at)
        _record(session, here, ids, late, read_at)
        record_output(session, known, failed, asked_at)
        attribute(session, here, known, [*named, *late])
    return took


def unknown(visit: Visit, events: Events) -> set[str]:
    """The machines among these events' that Gough has never seen."""
    named = {event.system_id for event in events}
    if not named:
        return set()
    with visit.use.database.read() as session:
        return named - _ids(session, visit.region, named).keys()


def record_progress(visit: Visit, events: Events) -> None:
    """Events that only tell how far a machine is: recorded, shown, and its machine not read."""
    if not events:
        return
    with visit.use.database.write() as session:
        here, now = session.get_one(Region, visit.region.id), visit.use.database.now(session)
        ids = _ids(session, here, {event.system_id for event in events})
        _record(session, here, ids, events, now)
        show(session, {ids[event.system_id]: _shown(event) for event in events if event.level in SHOWN})


def _shown(event: ProvisionerEvent) -> str:
    return f"{event.type} - {event.description}" if event.description else event.type


def _record(session: Session, region: Region, ids: Mapping[str, str], events: Events, now: datetime) -> None:
    """In one statement: nobody needs these rows as objects. `ids`: {system_id: machine's id}."""
    recorded = recorded_ids(session, region, events)
    new = {event.id: event for event in events if event.id not in recorded and event.system_id in ids}
    if new:
        session.execute(insert(MachineEvent), [_row(region, e, ids[e.system_id], now) for e in new.values()])


def _row(region: Region, event: ProvisionerEvent, machine_id: str, now: datetime) -> dict[str, Any]:
    return {
        "machine_id": machine_id, "source": Source.MAAS.value, "kind": plain(event.type)[:120],
        "level": LEVELS.get(event.level, Level.INFO).value, "message": plain(event.description),
        "actor": author_of(event, region.username).name, "occurred_at": event.created, "recorded_at": now,
        "dedup_key": key_of(region, event),
    }  # fmt: skip


def recorded_ids(session: Session, region: Region, events: Events, *, settled: bool = False) -> set[int]:
    """Which of the events are on the timeline; with `settled`, only those whose machine has been read since."""
    keys = {key_of(region, event): event for event in events}
    before = {key_of(region, event, -1): event for event in events} if region.event_epoch else {}
    query = select(
        MachineEvent.dedup_key, Machine.system_id, MachineEvent.occurred_at, MachineEvent.kind, MachineEvent.message
    ).join(Machine, Machine.id == MachineEvent.machine_id)
    query = query.where(MachineEvent.dedup_key.in_([*keys, *before]))
    if settled:
        query = query.where(MachineEvent.recorded_at <= Machine.observed_at)
    found = set()
    for column, *said in session.execute(query):
        key = str(column)
        if key in keys:
            found.add(keys[key].id)
        elif said == [
            (event := before[key]).system_id,
            event.created,
            plain(event.type)[:120],
            plain(event.description),
        ]:
            found.add(event.id)  # the epoch began because an event went with its machine: this one is still the same
    return found


def key_of(region: Region, event: ProvisionerEvent, epochs: int = 0) -> str:
    """A region restored from a backup gives its ids once more: each epoch has its own. `epochs` counts from now."""
    number = region.event_epoch + epochs
    return f"maas:{region.id}:{f'{number}:' if number else ''}{event.id}"


def _known(session: Session, region: Region, system_ids: Collection[str]) -> dict[str, Machine]:
    query = select(Machine).where(Machine.region_id == region.id, Machine.system_id.in_(system_ids))
    return {machine.system_id: machine for machine in session.scalars(query)}


def _ids(session: Session, region: Region, system_ids: Collection[str]) -> dict[str, str]:
    """{system_id: machine's id}"""
    query = select(Machine.system_id, Machine.id).where(
        Machine.region_id == region.id, Machine.system_id.in_(system_ids)
    )
    return {row.system_id: row.id for row in session.execute(query)}
