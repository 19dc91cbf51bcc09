"""Machines: listing, looking at one, and asking for work on it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gough.domain.errors import Conflict, Invalid, NotFound
from gough.domain.permissions import Permission
from gough.persistence.models import Job
from gough.services import bulk, jobs, lifecycle, machine_list, machines, timeline
from gough.services.machine_facets import facets
from gough.web.api import shapes
from gough.web.api.paging import integer, machine_query, write_cursor
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation

ASKING = (NotFound, Conflict, Invalid)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Link(Strict):
    interface: str = Field(max_length=255)
    subnet: str = Field(max_length=255)
    mode: str = Field("auto", max_length=20)
    ip_address: str = Field("", max_length=45)


class Deploy(Strict):
    """What is left out stays as it is in MAAS. `tags` are added; `lock`: once the machine is in service."""

    template: str = Field(min_length=1, max_length=120)
    variables: dict[str, Any] = Field(default_factory=dict)
    series: str = Field("", max_length=60)
    kernel: str = Field("", max_length=255)
    storage_layout: str = Field("", max_length=60)
    links: list[Link] = Field(default_factory=list, max_length=50)
    tags: list[str] = Field(default_factory=list, max_length=50)
    pool: str = Field("", max_length=255)
    zone: str = Field("", max_length=255)
    lock: bool = False

    def parameters(self) -> dict[str, Any]:
        """As `services.bulk` takes them."""
        plan = {"template", "variables", "series"}
        return {**self.model_dump(include=plan), "options": self.model_dump(exclude=plan)}


class Commission(Strict):
    skip_tests: bool = False


class Test(Strict):
    """Nothing to say yet."""


class Release(Strict):
    """`not_ours`: yes, although somebody else uses the machine."""

    erase: bool = False
    not_ours: bool = False


@operation("GET /api/v1/machines", permission=Permission.VIEW, summary="A page of machines.", raises=(Invalid,))
def listed(request: Request) -> Answer:
    query = machine_query(request)
    with request.use.database.read() as session:
        rows = machine_list.listed(session, query)
    last = rows[-1] if len(rows) == query.limit else None
    cursor = write_cursor(query.sort, machine_list.key_of(last, query.sort)) if last else None
    return as_json({"items": [shapes.machine_row(row) for row in rows], "next_cursor": cursor})


@operation(
    "GET /api/v1/machines/facets", permission=Permission.VIEW, summary="How many machines have which value.",
    raises=(Invalid,),
)  # fmt: skip
def counted(request: Request) -> Answer:
    with request.use.database.read() as session:
        return as_json(shapes.facets(facets(session, machine_query(request))))


@operation("GET /api/v1/machines/<name>", permission=Permission.VIEW, summary="One machine.", raises=(NotFound,))
def one(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        machine = machines.find(session, name)
        newest = jobs.newest(session, machine_id=machine.id, limit=1)
        return as_json(shapes.machine(machine, newest[0] if newest else None))


@operation(
    "GET /api/v1/machines/<name>/timeline", permission=Permission.VIEW, summary="What happened, oldest first.",
    raises=(NotFound, Invalid),
)  # fmt: skip
def history(request: Request, name: str) -> Answer:
    after = integer(request.query, "after", 0, 0, 2**62)
    limit = integer(request.query, "limit", 200, 1, 500)
    with request.use.database.read() as session:
        machine = machines.find(session, name)
        events = timeline.history(session, machine.id, after_id=after, limit=limit)
    return as_json({"items": [shapes.an_event(event) for event in events]})


@operation(
    "POST /api/v1/machines/<name>/deploy", permission=Permission.DEPLOY, body=Deploy, summary="Deploy a template.",
    raises=ASKING,
)  # fmt: skip
def deploy(request: Request, name: str, body: Deploy) -> Answer:
    return accepted(request, lifecycle.deploy(request.use, name, bulk.plan_of(body.parameters()), by=request.by))


@operation(
    "POST /api/v1/machines/<name>/commission", permission=Permission.OPERATE, body=Commission,
    summary="Have MAAS look at the machine anew.", raises=ASKING,
)  # fmt: skip
def commission(request: Request, name: str, body: Commission) -> Answer:
    return accepted(request, lifecycle.commission(request.use, name, by=request.by, skip_tests=body.skip_tests))


@operation(
    "POST /api/v1/machines/<name>/test", permission=Permission.OPERATE, body=Test, summary="Run MAAS's hardware tests.",
    raises=ASKING,
)  # fmt: skip
def test(request: Request, name: str, body: Test) -> Answer:  # noqa: ARG001  (refuses unknown fields)
    return accepted(request, lifecycle.test(request.use, name, by=request.by))


@operation(
    "POST /api/v1/machines/<name>/release", permission=Permission.OPERATE, body=Release,
    summary="Give the machine back to MAAS.", raises=ASKING,
)  # fmt: skip
def release(request: Request, name: str, body: Release) -> Answer:
    job = lifecycle.release(request.use, name, by=request.by, erase=body.erase, not_ours=body.not_ours)
    return accepted(request, job)


def accepted(request: Request, job: Job) -> Answer:
    """202 with the job, read again as it is now: a worker may already be at it."""
    with request.use.database.read() as session:
        shown = shapes.a_job(jobs.find(session, job.id))
    return as_json(shown, 202, (("Location", f"/api/v1/jobs/{job.id}"),))
