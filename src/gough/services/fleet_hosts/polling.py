"""One look at a Fleet server: everything now and then, and in between only what changed.

Between two full looks three cheap questions tell the rest: which hosts had policies evaluated since, which enrolled
since, and which are offline. Only a full look finds hosts that were deleted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from gough.domain.errors import GoughError
from gough.domain.fleet_hosts import HostRecord
from gough.persistence.models import FleetServer
from gough.ports import SecurityServer
from gough.services.context import Use
from gough.services.fleet_hosts import servers
from gough.services.fleet_hosts.binding import bind_all
from gough.services.fleet_hosts.recording import (
    Recorder,
    forget_hosts,
    record_policies,
    set_online,
)
from gough.services.fleet_hosts.telling import tell_all
from gough.services.turns import turn

log = structlog.get_logger()

CHUNK = 500
OVERLAP = timedelta(seconds=60)  # Fleet collects answers before it writes them, so a time may appear late


@dataclass(frozen=True, slots=True)
class Found:
    """What one look brought. `moved`: hosts that are new, gone, or have another identity."""

    hosts: int
    moved: bool
    policy_cursor: datetime | None
    enrol_cursor: datetime | None


def poll_all(use: Use) -> None:
    """One look at every server that nobody else is looking at. A server in trouble does not stop the others."""
    if use.connect_security is None:
        return
    with use.database.read() as session:
        ids = [server.id for server in servers.listed(session)]
    for server_id in ids:
        with turn(use, server_id, of=FleetServer) as ours:
            if ours is not None:
                poll(use, server_id)


def poll(use: Use, server_id: str) -> None:
    """One look; how it went is the server's health. Raises nothing of ours."""
    with use.database.read() as session:
        server, now = session.get_one(FleetServer, server_id), use.database.now(session)
    try:
        client = use.security_server(server)
        is_full = _is_due(use, server, now)
        record_policies(use, server_id, client.policies())
        found = _everything(use, server, client) if is_full else _changes(use, server, client)
        if found.moved or is_full:
            bind_all(use)
    except GoughError as error:
        log.warning("fleet poll failed", server=server.name, error=str(error))
        servers.set_health(use, server_id, error)
        return
    finally:
        tell_all(use)  # of what was read before the server went away, too
    with use.database.write() as session:
        server = session.get_one(FleetServer, server_id)
        server.health, server.health_reason, server.polled_at = "ok", "", now
        server.policy_cursor, server.enrol_cursor = found.policy_cursor, found.enrol_cursor
        if is_full:
            server.full_at = now


def _is_due(use: Use, server: FleetServer, now: datetime) -> bool:
    every = timedelta(seconds=use.settings.fleet_full_seconds)
    return server.full_at is None or now - server.full_at >= every


def _everything(use: Use, server: FleetServer, client: SecurityServer) -> Found:
    recorder = Recorder(use, server.id)
    for chunk in _chunks(client.records()):
        recorder.record(chunk)
    gone = forget_hosts(use, server.id, recorder.seen)
    return _found(server, recorder, moved=recorder.moved or gone)


def _changes(use: Use, server: FleetServer, client: SecurityServer) -> Found:
    recorder = Recorder(use, server.id)
    cursors = (("policy_updated_at", server.policy_cursor), ("last_enrolled_at", server.enrol_cursor))
    for by, cursor in cursors:
        since = (cursor or server.created_at) - OVERLAP
        for chunk in _chunks(client.records_since(since, by=by)):
            recorder.record(chunk)
    set_online(use, server.id, client.offline_ids())
    return _found(server, recorder, moved=recorder.moved)


def _found(server: FleetServer, recorder: Recorder, *, moved: bool) -> Found:
    policy = max(filter(None, (server.policy_cursor, recorder.newest_policy)), default=None)
    enrol = max(filter(None, (server.enrol_cursor, recorder.newest_enrolment)), default=None)
    return Found(len(recorder.seen), moved, policy, enrol)


def _chunks(records: Iterator[HostRecord]) -> Iterator[list[HostRecord]]:
    chunk: list[HostRecord] = []
    for record in records:
        chunk.append(record)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
