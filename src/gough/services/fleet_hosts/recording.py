"""Writing down what Fleet said: hosts, policies and verdicts, each row only where it changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from gough.domain.fleet_hosts import HostRecord, PolicyRecord
from gough.persistence.models import FleetHost, Policy, PolicyResult
from gough.persistence.types import new_id
from gough.services.context import Use
from gough.services.fleet_hosts.telling import host_gone, mark_untold
from gough.services.waking import lock_machines

IDENTITY = ("uuid", "hostname", "serial")
UNBOUND: Mapping[str, Any] = {"binding": "none", "binding_reason": "", "untold": True, "told": {}}


class Recorder:
    """Takes a server's hosts in any number of chunks. `moved`: a host is new, or is another machine than before."""

    def __init__(self, use: Use, server_id: str) -> None:
        self._use, self._server_id = use, server_id
        self.seen: set[int] = set()
        self.moved = False
        self.newest_policy: datetime | None = None
        self.newest_enrolment: datetime | None = None

    def record(self, records: Sequence[HostRecord]) -> None:
        """Everything of these hosts in one commit."""
        latest = {record.id: record for record in records}
        self.seen.update(latest)
        for record in records:
            self.newest_policy = _later(self.newest_policy, record.policy_updated_at)
            self.newest_enrolment = _later(self.newest_enrolment, record.last_enrolled_at)
        with self._use.database.write() as session:
            now = self._use.database.now(session)
            ids = self._hosts(session, latest, now)
            _verdicts(session, self._server_id, latest, ids, now)

    def _hosts(self, session: Session, records: Mapping[int, HostRecord], now: datetime) -> Mapping[int, str]:
        """{Fleet's number: our id}"""
        mine = select(FleetHost).where(FleetHost.server_id == self._server_id, FleetHost.host_id.in_(list(records)))
        known = {host.host_id: host for host in session.scalars(mine)}
        new, changed = [], []
        for number, record in records.items():
            values = _values(record)
            had = known.get(number)
            if had is None:
                new.append({"id": new_id("fho"), "server_id": self._server_id, "observed_at": now, **values})
            elif any(getattr(had, name) != value for name, value in values.items()):
                changed.append({"id": had.id, "observed_at": now, "untold": True, **values})
                self.moved |= any(getattr(had, name) != values[name] for name in IDENTITY)
        self.moved |= bool(new)
        session.expunge_all()  # they were for comparing; the rows are written in bulk
        if new:
            session.execute(insert(FleetHost), [{**UNBOUND, **row} for row in new])
        if changed:
            session.execute(update(FleetHost), changed)
        return {number: had.id for number, had in known.items()} | {row["host_id"]: row["id"] for row in new}


def record_policies(use: Use, server_id: str, records: Sequence[PolicyRecord]) -> None:
    """New, changed and gone policies. Gough's own mark of a critical one stays."""
    with use.database.write() as session:
        known = {one.policy_id: one for one in session.scalars(select(Policy).where(Policy.server_id == server_id))}
        for record in records:
            policy = known.pop(record.id, None)
            if policy is None:
                policy = Policy(server_id=server_id, policy_id=record.id, critical=False, pack="")
                session.add(policy)
            for name in ("name", "query", "description", "resolution", "platform"):
                setattr(policy, name, getattr(record, name))
            policy.critical = bool(policy.critical or record.critical)
        if known:
            if any(gone.critical for gone in known.values()):
                mark_untold(session, server_id)
            session.execute(delete(Policy).where(Policy.id.in_([gone.id for gone in known.values()])))


def forget_hosts(use: Use, server_id: str, seen: set[int]) -> bool:
    """Whether there were any that the server has no more."""
    with use.database.write() as session:
        wanted = select(FleetHost.id, FleetHost.host_id, FleetHost.machine_id, FleetHost.hostname)
        rows = session.execute(wanted.where(FleetHost.server_id == server_id))
        gone = [row for row in rows if row.host_id not in seen]
        if gone:
            bound = sorted((row.machine_id, row.hostname) for row in gone if row.machine_id is not None)
            lock_machines(session, [machine_id for machine_id, _ in bound])
            session.execute(delete(FleetHost).where(FleetHost.id.in_([row.id for row in gone])))
            now = use.database.now(session)
            for machine_id, hostname in bound:
                host_gone(session, machine_id, hostname, now)
    return bool(gone)


def set_online(use: Use, server_id: str, offline: frozenset[int]) -> None:
    """Everybody else is online."""
    with use.database.write() as session:
        of_server = FleetHost.server_id == server_id
        is_offline = FleetHost.host_id.in_(sorted(offline))
        to_offline = update(FleetHost).where(of_server, is_offline, FleetHost.status != "offline")
        to_online = update(FleetHost).where(of_server, ~is_offline, FleetHost.status != "online")
        unsynchronised = {"synchronize_session": False}
        session.execute(to_offline.values(status="offline", untold=True).execution_options(**unsynchronised))
        session.execute(to_online.values(status="online", untold=True).execution_options(**unsynchronised))


def _values(record: HostRecord) -> dict[str, Any]:
    return {
        "host_id": record.id,
        "uuid": record.uuid[:255],
        "hostname": (record.hostname or record.display_name)[:255],
        "serial": record.hardware_serial[:255],
        "platform": record.platform[:60],
        "os_version": record.os_version[:255],
        "osquery_version": record.osquery_version[:60],
        "status": record.status[:20],
        "primary_ip": record.primary_ip[:45],
        "failing": record.failing_policies,
        "seen_at": record.seen_time,
        "enrolled_at": record.last_enrolled_at,
        "policies_at": record.policy_updated_at,
    }


def _verdicts(
    session: Session, server_id: str, records: Mapping[int, HostRecord], ids: Mapping[int, str], now: datetime
) -> None:
    numbered = session.execute(select(Policy.policy_id, Policy.id).where(Policy.server_id == server_id))
    policies = {row.policy_id: row.id for row in numbered}
    told = {
        (policies[each.policy_id], ids[number]): each.verdict.value
        for number, record in records.items()
        for each in record.verdicts or ()
        if each.policy_id in policies  # one that was made after they were listed: the next look has it
    }
    wanted = [ids[number] for number, record in records.items() if record.verdicts is not None]
    rows = session.execute(
        select(PolicyResult.policy_id, PolicyResult.host_id, PolicyResult.verdict).where(
            PolicyResult.host_id.in_(wanted)
        )
    )
    had = {(policy, host): verdict for policy, host, verdict in rows}
    new = [_row(key, verdict, now) for key, verdict in told.items() if key not in had]
    changed = [_row(key, verdict, now) for key, verdict in told.items() if key in had and had[key] != verdict]
    if new:
        session.execute(insert(PolicyResult), new)
    if changed:
        session.execute(update(PolicyResult), changed)
    gone = had.keys() - told.keys()
    _forget_results(session, gone)
    moved = {host for _, host in gone} | {row["host_id"] for row in (*new, *changed)}
    if moved:
        session.execute(
            update(FleetHost).where(FleetHost.id.in_(moved)).values(untold=True),
            execution_options={"synchronize_session": False},
        )


def _row(key: tuple[str, str], verdict: str, now: datetime) -> dict[str, Any]:
    return {"policy_id": key[0], "host_id": key[1], "verdict": verdict, "since": now}


def _forget_results(session: Session, gone: set[tuple[str, str]]) -> None:
    """Of policies that no longer apply to a host."""
    by_policy: dict[str, list[str]] = {}
    for policy, host in gone:
        by_policy.setdefault(policy, []).append(host)
    wanted = [
        (PolicyResult.policy_id == policy) & PolicyResult.host_id.in_(hosts) for policy, hosts in by_policy.items()
    ]
    if wanted:
        session.execute(delete(PolicyResult).where(or_(*wanted)))


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(filter(None, (one, other)), default=None)
