"""Fleet's enroll secret for a machine: asked for at its first boot with its agent's key, and kept nowhere here."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.errors import Gone, GoughError, NotFound, Unauthenticated, Unavailable
from gough.domain.timeline import FleetEvent, Level, Source, TimelineEvent
from gough.persistence.models import Agent, FleetServer
from gough.services.context import Use
from gough.services.heartbeats import RELEASED
from gough.services.once import record_once
from gough.services.secrets import hash_secret
from gough.services.waking import lock_machine

MAIN = "default"


@dataclass(frozen=True, slots=True)
class EnrollSecret:
    server: str
    secret: str = field(repr=False)


def server_for_machines(session: Session) -> FleetServer | None:
    """The server that machines enrol with: the one called `default`, else the one that was added first."""
    servers = session.scalars(select(FleetServer).order_by(FleetServer.created_at, FleetServer.id)).all()
    return next((server for server in servers if server.name == MAIN), servers[0] if servers else None)


def secret_for(use: Use, agent_id: str, key: str) -> EnrollSecret:
    """Raises Unauthenticated, Gone once released, NotFound without a Fleet server, or what Fleet answers."""
    with use.database.read() as session:
        machine_id = _machine_of(session, agent_id, key)
        server = server_for_machines(session)
    if server is None:
        raise NotFound("Gough knows no Fleet server.", hint="`gough fleet server add` tells it of one.")
    try:
        secrets = use.security_server(server).enroll_secrets()
        if not secrets:
            raise Unavailable("fleet", "it has no enroll secret", hint="Fleet: Hosts, Manage enroll secret.")
    except GoughError as error:
        kind = FleetEvent.SERVER_DOWN if error.retryable else FleetEvent.SERVER_REFUSES
        _tell(use, machine_id, kind, f"Fleet server {server.name}: {error}", Level.ERROR)
        raise
    _tell(use, machine_id, FleetEvent.SECRET_GIVEN, f"the enroll secret of Fleet server {server.name}", Level.INFO)
    return EnrollSecret(server.name, secrets[0])


def _machine_of(session: Session, agent_id: str, key: str) -> str:
    agent, given = session.get(Agent, agent_id), hash_secret(key)
    if agent is None or given not in (agent.key_hash, agent.next_key_hash):
        raise Unauthenticated("This agent's key is not known.")
    if agent.revoked_at is not None:
        raise Gone(RELEASED)
    return agent.machine_id


def _tell(use: Use, machine_id: str, kind: FleetEvent, said: str, level: Level) -> None:
    with use.database.write() as session:
        lock_machine(session, machine_id)
        now: datetime = use.database.now(session)
        record_once(session, machine_id, TimelineEvent(Source.FLEET, kind, said, now, level), now=now)
