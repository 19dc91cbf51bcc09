"""Fleet servers: adding, testing, forgetting, listing."""

from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, GoughError, Invalid, NotFound, Unavailable
from gough.domain.fleet_address import parse_address
from gough.domain.host_binding import By
from gough.persistence.models import FleetHost, FleetServer
from gough.services import audit
from gough.services.context import Use
from gough.services.fleet_hosts.telling import followers, server_gone, server_in_trouble


def add(
    use: Use, name: str, url: str, token: str, *, ca: str = "", must_answer: bool = True
) -> FleetServer:  # fmt: skip
    """Register a server after talking to it. Raises what it answers, or Conflict for a name in use.

    Without `must_answer` one that is down is registered all the same; a wrong token never is.
    """
    if not name.strip() or len(name) > 80:
        raise Invalid("A Fleet server's name has 1 to 80 characters.")
    address = parse_address(url)
    server = FleetServer(
        name=name, url=address.origin, url_prefix=address.prefix, ca=ca,
        token_sealed=use.sealer.seal_text(token), health="ok",
    )  # fmt: skip
    try:
        server.version, server.username = _ask(use, address.url, token, ca)
    except Unavailable as error:
        if must_answer:
            raise
        server.health, server.health_reason = "down", str(error)
    with use.database.write() as session:
        if session.scalars(select(FleetServer).where(FleetServer.name == name)).first() is not None:
            raise Conflict(f"There is a Fleet server called '{name}' already.")
        server.created_at = use.database.now(session)
        session.add(server)
        session.flush()
        audit.note(target=name, after={"url": address.url, "has_ca": bool(ca)})
    return server


def test(use: Use, name: str) -> FleetServer:
    """Ask the server who we are, and remember how that went. Raises what it answers."""
    with use.database.read() as session:
        server = find(session, name)
    try:
        told = _ask(use, f"{server.url}{server.url_prefix}", use.sealer.open_text(server.token_sealed), server.ca)
    except GoughError as error:
        set_health(use, server.id, error)
        raise
    with use.database.write() as session:
        server = session.get_one(FleetServer, server.id)
        server.version, server.username = told
        server.health, server.health_reason = "ok", ""
    return server


def remove(use: Use, name: str) -> None:
    """Forget a server and what was read of it. On the server nothing changes."""
    with use.database.write() as session:
        server = find(session, name)
        audit.note(target=server.name, before={"url": f"{server.url}{server.url_prefix}"})
        told = followers(session, server.id)
        session.execute(delete(FleetServer).where(FleetServer.id == server.id))
        server_gone(session, told, use.database.now(session))
    use.waker.wake()


@dataclass(frozen=True, slots=True)
class Standing:
    """How many hosts a server has, and how many of them are online, unbound and in conflict."""

    server: FleetServer
    hosts: int
    online: int
    unbound: int
    conflicts: int


def standing(session: Session, server: FleetServer) -> Standing:
    counted = session.execute(
        select(
            func.count(),
            func.count().filter(FleetHost.status == "online"),
            func.count().filter(FleetHost.binding == By.NONE),
            func.count().filter(FleetHost.binding == By.CONFLICT),
        ).where(FleetHost.server_id == server.id)
    ).one()
    return Standing(server, *counted)


def find(session: Session, name: str) -> FleetServer:
    wanted = (FleetServer.name == name) | (FleetServer.id == name)
    server = session.scalars(select(FleetServer).where(wanted)).one_or_none()
    if server is None:
        raise NotFound(f"There is no Fleet server '{name}'.", hint="`gough fleet server list` shows them all.")
    return server


def listed(session: Session) -> list[FleetServer]:
    return list(session.scalars(select(FleetServer).order_by(FleetServer.name)))


def set_health(use: Use, server_id: str, error: GoughError) -> None:
    """`down` while the server may come back by itself, `refused` when somebody must act."""
    with use.database.write() as session:
        server = session.get_one(FleetServer, server_id)
        server.health = "down" if error.retryable else "refused"
        server.health_reason = f"{error} {error.hint}"
        now = use.database.now(session)
        server_in_trouble(session, server.name, str(error), now, is_down=error.retryable)


def _ask(use: Use, url: str, token: str, ca: str) -> tuple[str, str]:
    """(Fleet's version, whose token it is)"""
    assert use.connect_security is not None, "wired without Fleet"
    client = use.connect_security(url, token, ca)
    try:
        return client.version(), client.username()
    finally:
        client.close()
