"""Following MAAS: a first import in chunks, the event cursor, and a presence check.

MAAS has no outbound events, and listing everything costs it a minute at 1,100 machines: so the event log says what
changed, and only that is fetched. Creation and deletion leave no event; the presence check finds those.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gough.domain.errors import GoughError
from gough.domain.timeline import Level, Source, TimelineEvent
from gough.persistence.models import Machine, MachineEvent, Region
from gough.ports import Provisioner, ProvisionerEvent
from gough.services import machines, regions, timeline
from gough.services.context import Use
from gough.services.turns import turn

log = structlog.get_logger()

OVERLAP = timedelta(seconds=60)  # MAAS commits events out of the order of their ids; this late at the most
CHUNK = 20  # machines a request: about 1.4 s of the region's time
LEVELS = {
    "DEBUG": Level.DEBUG, "INFO": Level.INFO, "AUDIT": Level.INFO, "WARNING": Level.WARNING, "ERROR": Level.ERROR,
    "CRITICAL": Level.ERROR,
}  # fmt: skip


def poll_all(use: Use) -> None:
    """One look at every region that nobody else is looking at. A region in trouble does not stop the others."""
    with use.database.read() as session:
        ids = [region.id for region in regions.listed(session)]
    for region_id in ids:
        with turn(use, region_id) as ours:
            if ours:
                _poll_and_tell(use, region_id)


def _poll_and_tell(use: Use, region_id: str) -> None:
    try:
        poll(use, region_id)
        regions.set_health(use, region_id, None)
    except GoughError as error:
        log.warning("region poll failed", region=region_id, error=str(error))
        regions.set_health(use, region_id, error)


def poll(use: Use, region_id: str) -> None:
    """Import what has never been seen, then follow the events."""
    with use.database.read() as session:
        region = session.get_one(Region, region_id)
        now = use.database.now(session)
    client = use.provisioner(region)
    if region.event_cursor is None:
        _set(use, region_id, event_cursor=client.newest_event_id())  # first, so that nothing falls between
    every = timedelta(seconds=use.settings.maas_presence_seconds)
    if region.presence_at is None or now - region.presence_at >= every:
        check_presence(use, region, client)
    follow_events(use, region_id, client)
    _set(use, region_id, polled_at=now)


def check_presence(use: Use, region: Region, client: Provisioner) -> None:
    """Fetch machines that are new to us, mark those that are gone."""
    asked_at = _now(use)
    present = client.system_ids()
    with use.database.write() as session:
        known = {m.system_id: m for m in session.scalars(select(Machine).where(Machine.region_id == region.id))}
        for system_id in known.keys() - present:
            if known[system_id].vanished_at is None:
                machines.vanished(session, known[system_id], now=asked_at)
        back = {system_id for system_id in present if system_id in known and known[system_id].vanished_at}
    fetch(use, region, client, sorted((present - known.keys()) | back))
    _set(use, region.id, presence_at=asked_at, imported_at=region.imported_at or asked_at)


def fetch(
    use: Use, region: Region, client: Provisioner, system_ids: Sequence[str], events: Sequence[ProvisionerEvent] = ()
) -> None:
    """Read these machines and record them with their events, chunk by chunk: usable from the first chunk on.

    The event log is read once more after the machines, so that a failed machine is never recorded without the event
    that says why. Such a late event is recorded as of after its machine was asked for, so it makes it be read again.
    """
    for start in range(0, len(system_ids), CHUNK):
        chunk = system_ids[start : start + CHUNK]
        asked_at = _now(use)
        records = list(client.machines(chunk))
        read_at = max(_now(use), asked_at + timedelta(microseconds=1))  # SQLite's clock has only milliseconds
        later = client.events(events[-1].id) if events else []
        with use.database.write() as session:
            here = session.get_one(Region, region.id)
            known = {r.system_id: machines.observe(session, here, r, observed_at=asked_at) for r in records}
            known = {**_known(session, region, chunk), **known}
            _record(session, region, known, [event for event in events if event.system_id in chunk], asked_at)
            _record(session, region, known, [event for event in later if event.system_id in chunk], read_at)
        use.waker.wake()


def follow_events(use: Use, region_id: str, client: Provisioner) -> None:
    """Read the event log from the cursor, page by page; fetch each machine that is named."""
    with use.database.read() as session:
        region = session.get_one(Region, region_id)
    after = cursor = region.event_cursor or 0
    while page := client.events(after):
        seen = _seen(use, region, page)
        fetch(use, region, client, sorted({event.system_id for event in page if event.id not in seen}), page)
        after, cursor = page[-1].id, _settled(page, cursor)
        _set(use, region_id, event_cursor=cursor)


def _seen(use: Use, region: Region, page: Sequence[ProvisionerEvent]) -> set[int]:
    """The events that are recorded, and whose machine has been read since."""
    keys = {_key(region, event): event.id for event in page}
    query = (
        select(MachineEvent.dedup_key)
        .join(Machine, Machine.id == MachineEvent.machine_id)
        .where(MachineEvent.dedup_key.in_(keys), MachineEvent.recorded_at <= Machine.observed_at)
    )
    with use.database.read() as session:
        return {keys[key] for key in session.scalars(query) if key is not None}


def _recorded(session: Session, region: Region, events: Sequence[ProvisionerEvent]) -> set[int]:
    keys = {_key(region, event): event.id for event in events}
    found = session.scalars(select(MachineEvent.dedup_key).where(MachineEvent.dedup_key.in_(keys)))
    return {keys[key] for key in found if key is not None}


def _record(
    session: Session, region: Region, known: Mapping[str, Machine], events: Sequence[ProvisionerEvent], now: datetime
) -> None:
    recorded = _recorded(session, region, events)
    for event in events:
        if event.id in recorded or event.system_id not in known:
            continue
        actor = "" if event.username == "unknown" else event.username
        level = LEVELS.get(event.level, Level.INFO)
        said = TimelineEvent(Source.MAAS, event.type, event.description, event.created, level, actor)
        key = _key(region, event)
        timeline.record(session, known[event.system_id].id, said, now=now, dedup_key=key)


def _known(session: Session, region: Region, system_ids: Sequence[str]) -> dict[str, Machine]:
    query = select(Machine).where(Machine.region_id == region.id, Machine.system_id.in_(system_ids))
    return {machine.system_id: machine for machine in session.scalars(query)}


def _settled(page: Sequence[ProvisionerEvent], cursor: int) -> int:
    """The last id before which nothing new can appear: what is older than the overlap."""
    horizon = page[-1].created - OVERLAP
    return max([cursor, *(event.id for event in page if event.created < horizon)])


def _key(region: Region, event: ProvisionerEvent) -> str:
    return f"maas:{region.id}:{event.id}"


def _now(use: Use) -> datetime:
    with use.database.read() as session:
        return use.database.now(session)


def _set(use: Use, region_id: str, **values: object) -> None:
    with use.database.write() as session:
        session.execute(update(Region).where(Region.id == region_id).values(**values))
