"""Where machines stand: of one, or of many from a file."""

from dataclasses import asdict
from typing import Literal

from pydantic import Field

from gough.domain.errors import Conflict, Invalid, NotFound
from gough.domain.permissions import Permission
from gough.services import locations, machines
from gough.web.api import shapes
from gough.web.api.answers.machines import Machine
from gough.web.api.answers.site import Located
from gough.web.api.machines import Strict, edited
from gough.web.body import BODY_CAP
from gough.web.declaration import File, Query
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation
from gough.web.problem import Fault

FILES = ("text/csv", "application/json")
EXAMPLES = {
    "text/csv": "hostname,site,rack,unit\nnode-01,dc-1,r7,12\n",
    "application/json": [{"name": "node-01", "site": {"name": "dc-1"}, "rack": {"name": "r7"}, "position": 12}],
}


class Whereabouts(Strict):
    """The whole location: what is left out is cleared."""

    site: str = Field("", max_length=200)
    rack: str = Field("", max_length=200)
    unit: float | str | None = None


@operation(
    "PUT /api/v1/machines/<name>/location", permission=Permission.OPERATE, body=Whereabouts,
    summary="Say where a machine stands.", raises=(NotFound, Conflict, Invalid), gives={200: Machine}, edited=edited,
)  # fmt: skip
def put(request: Request, name: str, body: Whereabouts) -> Answer:
    unit = "" if body.unit is None else str(body.unit)
    locations.locate(request.use, name, by=request.by, site=body.site, rack=body.rack, unit=unit)
    with request.use.database.read() as session:
        machine = machines.find(session, name)
        return as_json(shapes.machine(session, machine))


class UploadQuery(Query):
    dry_run: Literal["true", "false"] = "false"


@operation(
    "POST /api/v1/machines/locations", permission=Permission.OPERATE,
    summary="Say where machines stand with a file, CSV or NetBox's JSON; `?dry_run=true` only tells what it would do.",
    raises=(Invalid,), gives={200: Located}, body=File(FILES, EXAMPLES), body_limit=BODY_CAP, query=UploadQuery,
)  # fmt: skip
def upload(request: Request, query: UploadQuery) -> Answer:
    """The body is the file itself, so no larger than any other body; its good rows count, whatever the others say."""
    kind = request.header("Content-Type").partition(";")[0].strip().lower()
    if kind not in FILES:
        raise Fault(415, "UNSUPPORTED_MEDIA_TYPE", f"The body is {kind[:80]}.", hint=f"Send {' or '.join(FILES)}.")
    dry_run = query.dry_run == "true"
    return as_json(asdict(locations.import_file(request.use, request.body, by=request.by, dry_run=dry_run)))
