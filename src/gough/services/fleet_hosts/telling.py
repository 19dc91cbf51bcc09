"""Telling machines what changed about their hosts: timeline, waiting jobs, and whether they are in service.

`untold` is written in the same commit as what changed, and `told` with the telling: whoever dies in between, nothing
is lost or told twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session

from gough.domain.host_binding import By
from gough.domain.timeline import FleetEvent, Level, Source, TimelineEvent
from gough.persistence.models import FleetHost, Job, JobStep, Machine
from gough.services import in_service, timeline
from gough.services.context import Use
from gough.services.host_standing import HostStanding, of_host
from gough.services.once import record_once
from gough.services.waking import lock_machines, signal_machine

AT_ONCE = 50  # hosts in one commit
Said = tuple[FleetEvent, str, Level]


def mark_untold(session: Session, server_id: str) -> None:
    """Every host of a server: a policy became critical, or is so no more."""
    session.execute(
        update(FleetHost).where(FleetHost.server_id == server_id).values(untold=True),
        execution_options={"synchronize_session": False},
    )


def tell_all(use: Use) -> None:
    """Every host of which something is not told yet."""
    told = False
    while ids := _untold(use):
        with use.database.write() as session:
            _lock(session, ids)
            now = use.database.now(session)
            for host in session.scalars(_held(ids)).all():
                _tell(session, host, now)
        told = True
    if told:
        use.waker.wake()


def host_gone(session: Session, machine_id: str, hostname: str, now: datetime) -> None:
    """Fleet has this machine's host no more."""
    said = f"Fleet no longer has the host {hostname}"
    _record(session, machine_id, (FleetEvent.HOST_GONE, said, Level.WARNING), now)
    _moved(session, machine_id, now)


def followers(session: Session, server_id: str) -> Sequence[str]:
    """The machines that something about a server decides, locked: those of its hosts, and those that wait for one."""
    bound = select(FleetHost.machine_id).where(FleetHost.server_id == server_id, FleetHost.machine_id.is_not(None))
    found = sorted({str(each) for query in (bound, _waiting()) for each in session.scalars(query)})
    lock_machines(session, found)
    return found


def server_gone(session: Session, machine_ids: Sequence[str], now: datetime) -> None:
    """Gough follows it no more: what it said holds nobody any longer."""
    for machine_id in machine_ids:
        _moved(session, machine_id, now)


def server_in_trouble(session: Session, name: str, reason: str, now: datetime, *, is_down: bool) -> None:
    """For every machine whose deployment waits for Fleet: once a job."""
    kind = FleetEvent.SERVER_DOWN if is_down else FleetEvent.SERVER_REFUSES
    for machine_id in session.scalars(_waiting().order_by(Job.machine_id)).all():
        event = TimelineEvent(Source.FLEET, kind, f"Fleet server {name}: {reason}", now, Level.ERROR)
        record_once(session, machine_id, event, now=now)


def _waiting() -> Select[str]:
    """Machines in stage security."""
    running = (JobStep.name == "security", JobStep.state == "running", Job.superseded.is_(False))
    return select(Job.machine_id).join(JobStep, JobStep.job_id == Job.id).where(*running)


def _untold(use: Use) -> Sequence[str]:
    with use.database.read() as session:
        query = select(FleetHost.id).where(FleetHost.untold.is_(True)).order_by(FleetHost.id).limit(AT_ONCE)
        return session.scalars(query).all()


def _held(host_ids: Sequence[str]) -> Select[FleetHost]:
    """Those of these hosts that nobody else has told of meanwhile."""
    still = select(FleetHost).where(FleetHost.id.in_(host_ids), FleetHost.untold.is_(True))
    return still.order_by(FleetHost.id).with_for_update().execution_options(populate_existing=True)


def _lock(session: Session, host_ids: Sequence[str]) -> None:
    hosts = select(FleetHost.machine_id).where(FleetHost.id.in_(host_ids), FleetHost.machine_id.is_not(None))
    lock_machines(session, [str(machine_id) for machine_id in session.scalars(hosts)])


def _tell(session: Session, host: FleetHost, now: datetime) -> None:
    before = host.told
    earlier = before.get("machine")
    if earlier is not None and earlier != host.machine_id and session.get(Machine, earlier) is not None:
        host_gone(session, earlier, host.hostname, now)
    if host.binding == By.CONFLICT and before.get("unclear") != host.binding_reason:
        _unclear(session, host, now)
    told: dict[str, Any] = {"unclear": host.binding_reason} if host.binding == By.CONFLICT else {}
    if host.machine_id is not None:
        standing = of_host(session, host)
        known = before if earlier == host.machine_id else {}
        for said in _news(standing, known):
            _record(session, host.machine_id, said, now)
        told = _as_told(standing)
        if told != before:
            _moved(session, host.machine_id, now)
    host.told, host.untold = told, False


def _as_told(standing: HostStanding) -> dict[str, Any]:
    host = standing.host
    enrolled = host.enrolled_at.isoformat() if host.enrolled_at else ""
    return {
        "machine": host.machine_id, "enrolled_at": enrolled, "online": standing.online, "known": standing.known,
        "failing": list(standing.failing),
    }  # fmt: skip


def _news(standing: HostStanding, before: Mapping[str, Any]) -> Iterator[Said]:
    host, now = standing.host, _as_told(standing)
    if before.get("enrolled_at") != now["enrolled_at"]:
        version = f"osquery {host.osquery_version}" if host.osquery_version else "osquery"
        yield FleetEvent.ENROLLED, f"{version} enrolled in Fleet as {host.hostname or host.uuid}", Level.INFO
    if before and before["online"] != standing.online:
        if standing.online:
            yield FleetEvent.ONLINE, "osquery reports again", Level.INFO
        else:
            yield FleetEvent.OFFLINE, "osquery is offline in Fleet", Level.WARNING
    had = set(before.get("failing", ()))
    for name in standing.failing:
        if name not in had:
            yield FleetEvent.POLICY_FAILS, name, Level.ERROR
    for name in sorted(had - set(standing.failing)):
        yield FleetEvent.POLICY_PASSES, name, Level.INFO


def _unclear(session: Session, host: FleetHost, now: datetime) -> None:
    """Every machine that the host might be."""
    marks = [Machine.hostname == host.hostname.partition(".")[0]]
    if host.uuid:
        marks.append(func.lower(Machine.hardware_uuid) == host.uuid.lower())
    if host.serial:
        marks.append(func.lower(Machine.serial) == host.serial.lower())
    alike = select(Machine.id).where(or_(*marks), Machine.vanished_at.is_(None)).order_by(Machine.id)
    for machine_id in session.scalars(alike.limit(AT_ONCE)).all():
        _record(session, machine_id, (FleetEvent.HOST_UNCLEAR, host.binding_reason, Level.WARNING), now)


def _record(session: Session, machine_id: str, said: Said, now: datetime) -> None:
    kind, message, level = said
    timeline.record(session, machine_id, TimelineEvent(Source.FLEET, kind, message, now, level), now=now)


def _moved(session: Session, machine_id: str, now: datetime) -> None:
    signal_machine(session, machine_id, now=now)
    in_service.review(session, machine_id, now)
