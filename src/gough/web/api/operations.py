"""Short operations on one machine: power, lock, broken, rescue, abort; and changing what MAAS keeps of it."""

from pydantic import Field

from gough.domain.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from gough.domain.operations import MANNERS, Operation
from gough.domain.permissions import Permission
from gough.services import machines, operations
from gough.web.api import shapes
from gough.web.api.answers.machines import Machine
from gough.web.api.machines import Strict, edited
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation

ASKING = (NotFound, Conflict, Invalid, Refused, Unavailable)
PATHS = {
    Operation.POWER_ON: "power/on", Operation.POWER_OFF: "power/off", Operation.POWER_QUERY: "power/query",
}  # fmt: skip


class Operate(Strict):
    """`not_ours`: yes, although somebody else uses the machine."""

    not_ours: bool = False


class Change(Strict):
    hostname: str | None = Field(None, min_length=1, max_length=63)
    pool: str | None = Field(None, min_length=1, max_length=255)
    zone: str | None = Field(None, min_length=1, max_length=255)
    description: str | None = Field(None, max_length=2000)
    add_tags: list[str] = Field(default_factory=list, max_length=50)
    remove_tags: list[str] = Field(default_factory=list, max_length=50)


def _declare(wanted: Operation) -> None:
    path = PATHS.get(wanted, wanted.value)

    @operation(
        f"POST /api/v1/machines/<name>/{path}", permission=Permission.OPERATE, body=Operate, raises=ASKING,
        gives={200: Machine}, name=wanted.name.lower(),
        summary=f"At once, without a job: {MANNERS[wanted].done}.",
    )  # fmt: skip
    def handler(request: Request, name: str, body: Operate) -> Answer:
        found = operations.operate(request.use, name, wanted, by=request.by, not_ours=body.not_ours)
        return _shown(request, found.id)


for each in Operation:
    _declare(each)


@operation(
    "PATCH /api/v1/machines/<name>", permission=Permission.OPERATE, body=Change, raises=ASKING,
    gives={200: Machine}, edited=edited,
    summary="Rename, move to a pool or zone, tag.",
)  # fmt: skip
def change(request: Request, name: str, body: Change) -> Answer:
    given = body.model_dump(exclude={"add_tags", "remove_tags"}, exclude_none=True)
    found = operations.change(
        request.use, name, given, by=request.by, add_tags=body.add_tags, remove_tags=body.remove_tags
    )
    return _shown(request, found.id)


def _shown(request: Request, machine_id: str) -> Answer:
    with request.use.database.read() as session:
        found = machines.find(session, machine_id)
        return as_json(shapes.machine(session, found))
