"""Machines: listing, looking at one, and asking for work on it."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict, Invalid, NotFound
from gough.domain.machine_options import CommissionOptions, ReleaseOptions, ScriptOptions
from gough.domain.permissions import Permission
from gough.domain.priorities import Priority
from gough.persistence.models import Job
from gough.services import bulk, jobs, keyset, lifecycle, machine_list, machines
from gough.services import redeploy as redeploying
from gough.services.machine_facets import facets
from gough.services.machine_filters import FILTERS
from gough.services.machine_list import Sort
from gough.web.api import shapes
from gough.web.api.answers.machines import EventPage, Facets, Machine, MachinePage
from gough.web.api.answers.machines import Job as ShownJob
from gough.web.api.paging import ListQuery, as_page, machine_query
from gough.web.body import BODY_CAP
from gough.web.message import Answer, Request, as_json
from gough.web.operation import operation

ASKING = (NotFound, Conflict, Invalid)
LIMIT = 100
EDITED = ("id", "hostname", "pool", "zone", "site", "rack", "rack_unit")
NO_PARAMETER = {"priority"}  # of the action: it is the job's


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Prioritised(Strict):
    """`priority`: which of several jobs that wait begins first."""

    priority: Literal["low", "normal", "high", "urgent"] = "normal"

    @property
    def rank(self) -> Priority:
        return Priority(self.priority)


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
        return {**self.model_dump(include=plan), "options": self.model_dump(exclude=plan | NO_PARAMETER)}


class DeployOne(Deploy, Prioritised):
    pass


class Redeploy(Prioritised):
    version: int | None = Field(None, ge=1, le=10**9)


class RunTests(Strict):
    """`testing_scripts` by name or tag; without them MAAS chooses. `script_parameters`: {name: value}."""

    enable_ssh: bool = False
    testing_scripts: list[str] = Field(default_factory=list, max_length=50)
    script_parameters: dict[str, str] = Field(default_factory=dict, max_length=50)

    def parameters(self) -> dict[str, Any]:
        return self.model_dump(exclude_defaults=True, exclude=NO_PARAMETER)


class Commission(RunTests):
    """`skip_tests` is `testing_scripts: ["none"]` in short."""

    commissioning_scripts: list[str] = Field(default_factory=list, max_length=50)
    skip_tests: bool = False
    skip_bmc_config: bool = False
    skip_networking: bool = False
    skip_storage: bool = False


class Release(Strict):
    """`erase`: a mode, or true for `full`. `not_ours`: yes, although somebody else uses the machine."""

    erase: bool | Literal["none", "quick", "secure", "full"] = False
    not_ours: bool = False

    def parameters(self) -> dict[str, Any]:
        return self.model_dump(exclude_defaults=True, exclude=NO_PARAMETER)


class TestOne(RunTests, Prioritised):
    pass


class CommissionOne(Commission, Prioritised):
    pass


class ReleaseOne(Release, Prioritised):
    pass


Chosen: Any = {name: (list[str], Field(default_factory=list, max_length=50)) for name in FILTERS}


class FreeText(ListQuery):
    """`q` looks in host names, addresses, serials, tags. Every other filter may come several times."""

    limit: int = Field(LIMIT, ge=1, le=200)
    sort: Sort = Sort.HOSTNAME
    q: str = Field("", max_length=200)


MachinesQuery: type[FreeText] = create_model("MachinesQuery", __base__=FreeText, **Chosen)


@operation(
    "GET /api/v1/machines", permission=Permission.VIEW, query=MachinesQuery, gives={200: MachinePage},
    summary="Machines.",
)  # fmt: skip
def listed(request: Request, query: FreeText) -> Answer:
    wanted = machine_query(request)
    with request.use.database.read() as session:
        rows = machine_list.listed(session, replace(wanted, limit=wanted.limit + 1))
    key = machine_list.key_of(rows[wanted.limit - 1], wanted.sort) if len(rows) > wanted.limit else None
    return as_page([shapes.machine_row(row) for row in rows[: wanted.limit]], MachinePage, query, key)


@operation(
    "GET /api/v1/machines/facets", permission=Permission.VIEW, query=MachinesQuery, gives={200: Facets},
    summary="How many machines have which value; the list's filters narrow it.",
)  # fmt: skip
def counted(request: Request, query: FreeText) -> Answer:  # noqa: ARG001  (refuses unknown parameters)
    with request.use.database.read() as session:
        return as_json(shapes.facets(facets(session, machine_query(request))))


def edited(session: Session, name: str) -> dict[str, Any]:
    """What people edit of a machine."""
    found = machines.find(session, name)
    return {each: getattr(found, each) for each in EDITED} | {"tags": sorted(found.tags)}


@operation(
    "GET /api/v1/machines/<name>", permission=Permission.VIEW, summary="One machine.", raises=(NotFound, Conflict),
    gives={200: Machine}, edited=edited,
)  # fmt: skip
def one(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        machine = machines.find(session, name)
        return as_json(shapes.machine(session, machine))


class HistoryQuery(ListQuery):
    limit: int = Field(LIMIT, ge=1, le=200)
    sort: Literal["occurred_at", "-occurred_at"] = "occurred_at"


@operation(
    "GET /api/v1/machines/<name>/timeline", permission=Permission.VIEW, summary="What happened on a machine.",
    raises=(NotFound, Conflict), query=HistoryQuery, gives={200: EventPage},
)  # fmt: skip
def history(request: Request, name: str, query: HistoryQuery) -> Answer:
    after = query.after(datetime, int)
    with request.use.database.read() as session:
        events = keyset.events(machines.find(session, name).id)
        found, key = keyset.page(
            session, events, keyset.BY_TIME, after=after, limit=query.limit, descends=query.descends
        )
    return as_page([shapes.an_event(event) for event in found], EventPage, query, key)


@operation(
    "POST /api/v1/machines/<name>/deploy", permission=Permission.DEPLOY, body=DeployOne, summary="Deploy a template.",
    raises=ASKING, gives={202: ShownJob}, body_limit=BODY_CAP,
)  # fmt: skip
def deploy(request: Request, name: str, body: DeployOne) -> Answer:
    plan = bulk.plan_of(body.parameters())
    return accepted(request, lifecycle.deploy(request.use, name, plan, by=request.by, priority=body.rank))


@operation(
    "POST /api/v1/machines/<name>/redeploy", permission=Permission.DEPLOY, body=Redeploy, raises=ASKING,
    gives={202: ShownJob},
    summary="Deploy an older version of its template with the same variables; the one before, unless `version` says.",
)  # fmt: skip
def redeploy(request: Request, name: str, body: Redeploy) -> Answer:
    made = redeploying.redeploy(request.use, name, by=request.by, number=body.version, priority=body.rank)
    return accepted(request, made)


@operation(
    "POST /api/v1/machines/<name>/commission", permission=Permission.OPERATE, body=CommissionOne,
    summary="Have MAAS look at the machine anew.", raises=ASKING, gives={202: ShownJob},
)  # fmt: skip
def commission(request: Request, name: str, body: CommissionOne) -> Answer:
    options = CommissionOptions.from_json(body.parameters())
    return accepted(request, lifecycle.commission(request.use, name, options, by=request.by, priority=body.rank))


@operation(
    "POST /api/v1/machines/<name>/test", permission=Permission.OPERATE, body=TestOne, raises=ASKING,
    gives={202: ShownJob}, summary="Run MAAS's hardware tests.",
)  # fmt: skip
def test(request: Request, name: str, body: TestOne) -> Answer:
    options = ScriptOptions.from_json(body.parameters())
    return accepted(request, lifecycle.test(request.use, name, options, by=request.by, priority=body.rank))


@operation(
    "POST /api/v1/machines/<name>/release", permission=Permission.OPERATE, body=ReleaseOne,
    summary="Give the machine back to MAAS.", raises=ASKING, gives={202: ShownJob},
)  # fmt: skip
def release(request: Request, name: str, body: ReleaseOne) -> Answer:
    options = ReleaseOptions.from_json(body.parameters())
    made = lifecycle.release(request.use, name, options, by=request.by, not_ours=body.not_ours, priority=body.rank)
    return accepted(request, made)


def accepted(request: Request, job: Job) -> Answer:
    """202 with the job, read again as it is now: a worker may already be at it."""
    with request.use.database.read() as session:
        shown = shapes.a_job(jobs.find(session, job.id))
    return as_json(shown, 202, (("Location", f"/api/v1/jobs/{job.id}"),))
