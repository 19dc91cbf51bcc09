"""Reading machines over REST and recording them with their events: the one way in for every source."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.maas_events import SHOWN
from gough.domain.service_state import ServiceState
from gough.domain.timeline import Level, Source, TimelineEvent
from gough.persistence.models import Machine, MachineEvent, Region
from gough.ports import ProvisionerEvent
from gough.services import observing, progress, timeline
from gough.services.attribution import attribute, author_of
from gough.services.sync.scripts import failed_scripts, record_output
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
        _record(session, here, known, named, asked_at)
        _record(session, here, known, late, read_at)
        record_output(session, known, failed, asked_at)
        attribute(session, here, known, [*named, *late])
    return took


def unknown(visit: Visit, events: Events) -> set[str]:
    """The machines among these events' that Gough has never seen."""
    ids = {event.system_id for event in events}
    with visit.use.database.read() as session:
        return ids - _known(session, visit.region, ids).keys()


def record_progress(visit: Visit, events: Events) -> None:
    """Events that only tell how far a machine is: recorded, shown, and its machine not read."""
    if not events:
        return
    now = visit.now()
    with visit.use.database.write() as session:
        here = session.get_one(Region, visit.region.id)
        known = _known(session, here, {event.system_id for event in events})
        _record(session, here, known, events, now)
        latest = {event.system_id: event for event in events if event.level in SHOWN}
        for system_id, event in latest.items():
            said = f"{event.type} - {event.description}" if event.description else event.type
            known[system_id].status_message = said
            if known[system_id].service == ServiceState.IN_PROGRESS:
                progress.tell(session, known[system_id].id, progress.BY_MAAS, said)


def _record(session: Session, region: Region, known: Mapping[str, Machine], events: Events, now: datetime) -> None:
    recorded = recorded_ids(session, region, events)
    for event in events:
        if event.id in recorded or event.system_id not in known:
            continue
        level = LEVELS.get(event.level, Level.INFO)
        author = author_of(event, region.username)
        said = TimelineEvent(Source.MAAS, event.type, event.description, event.created, level, author.name)
        timeline.record(session, known[event.system_id].id, said, now=now, dedup_key=key_of(region, event))


def recorded_ids(session: Session, region: Region, events: Events, *, settled: bool = False) -> set[int]:
    """Which of the events are on the timeline; with `settled`, only those whose machine has been read since."""
    keys = {key_of(region, event): event.id for event in events}
    query = select(MachineEvent.dedup_key).where(MachineEvent.dedup_key.in_(keys))
    if settled:
        query = query.join(Machine, Machine.id == MachineEvent.machine_id).where(
            MachineEvent.recorded_at <= Machine.observed_at
        )
    return {keys[key] for key in session.scalars(query) if key is not None}


def key_of(region: Region, event: ProvisionerEvent) -> str:
    """A region restored from a backup gives its ids once more: each epoch has its own."""
    epoch = f"{region.event_epoch}:" if region.event_epoch else ""
    return f"maas:{region.id}:{epoch}{event.id}"


def _known(session: Session, region: Region, system_ids: Collection[str]) -> dict[str, Machine]:
    query = select(Machine).where(Machine.region_id == region.id, Machine.system_id.in_(system_ids))
    return {machine.system_id: machine for machine in session.scalars(query)}
