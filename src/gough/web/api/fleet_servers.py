"""Fleet servers: adding, testing, forgetting, and bringing their policies in line with a pack."""

from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from gough.domain.permissions import Permission
from gough.persistence.models import FleetServer
from gough.services.fleet_hosts import pack, servers
from gough.web.api.answers.fleet import FleetServer as ShownServer
from gough.web.api.answers.fleet import FleetServerPage, ImportedPack
from gough.web.api.machines import Strict
from gough.web.api.paging import ListQuery, as_page, by_name
from gough.web.message import Answer, Request, as_json, moment
from gough.web.operation import operation

TALKING = (Invalid, Conflict, NotFound, Refused, Unavailable)
EDITED = ("id", "name", "url", "url_prefix", "token_sealed", "ca")


class NewFleetServer(Strict):
    """`ca`: PEM of the authority that signed its certificate, where the system does not trust it."""

    name: str = Field(min_length=1, max_length=80, pattern="^[^/]*$")
    url: str = Field(min_length=1, max_length=500)
    token: str = Field(min_length=1, max_length=2000, repr=False)
    ca: str = Field("", max_length=100_000)


class AskServer(Strict):
    """Nothing to say yet."""


class ImportPack(Strict):
    """The name of a pack that came with Gough."""

    pack: str = Field(pack.DEFAULT, pattern=r"^[a-z0-9][a-z0-9.-]{0,79}$")


class ServersQuery(ListQuery):
    sort: Literal["name", "-name"] = "name"


def edited(session: Session, name: str) -> dict[str, Any]:
    found = servers.find(session, name)
    return {each: getattr(found, each) for each in EDITED}


@operation(
    "GET /api/v1/fleet/servers", permission=Permission.VIEW, query=ServersQuery, gives={200: FleetServerPage},
    summary="The Fleet servers Gough follows.",
)  # fmt: skip
def listed(request: Request, query: ServersQuery) -> Answer:
    with request.use.database.read() as session:
        page, key = by_name(servers.listed(session), query)
        items = [_shape(session, found) for found in page]
    return as_page(items, FleetServerPage, query, key)


@operation(
    "GET /api/v1/fleet/servers/<name>", permission=Permission.VIEW, summary="One Fleet server.", raises=(NotFound,),
    gives={200: ShownServer}, edited=edited,
)  # fmt: skip
def one(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        return as_json(_shape(session, servers.find(session, name)))


@operation(
    "POST /api/v1/fleet/servers", permission=Permission.MANAGE, body=NewFleetServer, raises=TALKING,
    gives={201: ShownServer}, summary="Follow a Fleet server; its token is tried first.",
)  # fmt: skip
def add(request: Request, body: NewFleetServer) -> Answer:
    return _shown(request, servers.add(request.use, body.name, body.url, body.token, ca=body.ca), 201)


@operation(
    "DELETE /api/v1/fleet/servers/<name>", permission=Permission.MANAGE, raises=(NotFound,), gives={204: None},
    edited=edited, summary="Forget a Fleet server and what was read of it.",
)  # fmt: skip
def remove(request: Request, name: str) -> Answer:
    servers.remove(request.use, name)
    return Answer(204)


@operation(
    "POST /api/v1/fleet/servers/<name>/test", permission=Permission.OPERATE, body=AskServer, raises=TALKING,
    gives={200: ShownServer}, summary="Ask the Fleet server who we are.",
)  # fmt: skip
def test(request: Request, name: str, body: AskServer) -> Answer:  # noqa: ARG001  (refuses unknown fields)
    return _shown(request, servers.test(request.use, name))


@operation(
    "POST /api/v1/fleet/servers/<name>/import-policies", permission=Permission.MANAGE, body=ImportPack,
    raises=TALKING, gives={200: ImportedPack},
    summary="Bring the server's policies in line with a pack; others are left alone.",
)  # fmt: skip
def import_policies(request: Request, name: str, body: ImportPack) -> Answer:
    done = pack.import_pack(request.use, name, body.pack)
    return as_json({"policies": [asdict(each) for each in done]})


def _shown(request: Request, server: FleetServer, status: int = 200) -> Answer:
    with request.use.database.read() as session:
        shown = _shape(session, servers.find(session, server.id))
    return as_json(shown, status, (("Location", f"/api/v1/fleet/servers/{server.id}"),) if status == 201 else ())


def _shape(session: Session, server: FleetServer) -> dict[str, Any]:
    """The token has no field here."""
    standing = servers.standing(session, server)
    return {
        "id": server.id, "name": server.name, "url": f"{server.url}{server.url_prefix}", "has_ca": bool(server.ca),
        "username": server.username, "version": server.version, "health": server.health,
        "health_reason": server.health_reason, "hosts": standing.hosts, "online": standing.online,
        "unbound": standing.unbound, "conflicts": standing.conflicts, "polled_at": moment(server.polled_at),
        "read_in_full_at": moment(server.full_at),
    }  # fmt: skip
