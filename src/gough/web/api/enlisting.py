"""Machines come into MAAS and go out of it again."""

from pydantic import Field

from gough.domain.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from gough.domain.permissions import Permission
from gough.ports import NewMachine
from gough.services import enlisting, machines
from gough.web.api import shapes
from gough.web.api.answers.machines import Machine
from gough.web.api.machines import Strict, edited
from gough.web.declaration import Query
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation

ASKING = (NotFound, Conflict, Invalid, Refused, Unavailable)


class Enlist(Strict):
    """What is left out MAAS chooses. `power_parameters` are MAAS's of that `power_type`, as `power_address`."""

    region: str = Field(min_length=1, max_length=80, examples=["default"])
    architecture: str = Field(min_length=1, max_length=40, examples=["amd64/generic"])
    mac_addresses: list[str] = Field(min_length=1, max_length=32, examples=[["52:54:00:12:34:56"]])
    power_type: str = Field("manual", min_length=1, max_length=40, examples=["ipmi"])
    power_parameters: dict[str, str] = Field(
        default_factory=dict, max_length=30, repr=False, examples=[{"power_address": "10.20.0.9", "power_user": "maas"}]
    )
    hostname: str = Field("", max_length=63, examples=["node-01"])
    zone: str = Field("", max_length=255)
    pool: str = Field("", max_length=255)
    description: str = Field("", max_length=2000)


class DeleteQuery(Query):
    confirm: str = Field("", max_length=255, description="The machine's hostname.")


@operation(
    "POST /api/v1/machines", permission=Permission.MANAGE, body=Enlist, raises=ASKING, gives={201: Machine},
    summary="Tell MAAS of a machine; commission it then.",
)  # fmt: skip
def enlist(request: Request, body: Enlist) -> Answer:
    given = body.model_dump(exclude={"region"}) | {"mac_addresses": tuple(body.mac_addresses)}
    made = enlisting.enlist(request.use, body.region, NewMachine(**given), by=request.by)
    with request.use.database.read() as session:
        shown = shapes.machine(session, machines.find(session, made.id))
    return as_json(shown, 201, (("Location", f"/api/v1/machines/{made.id}"),))


@operation(
    "DELETE /api/v1/machines/<name>", permission=Permission.MANAGE, raises=ASKING, gives={204: None}, edited=edited,
    query=DeleteQuery, summary="Have MAAS forget a machine that nobody uses; its history stays.",
)  # fmt: skip
def delete(request: Request, name: str, query: DeleteQuery) -> Answer:
    enlisting.delete(request.use, name, confirm=query.confirm, by=request.by)
    return Answer(204)
