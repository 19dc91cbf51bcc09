"""What machines have measured: one machine over time; the fleet's highest, and who waits for upkeep."""

from datetime import timedelta

from pydantic import Field

from gough.domain.errors import Conflict, Invalid, NotFound
from gough.domain.metrics import BY_NAME
from gough.domain.permissions import Permission
from gough.services import fleet, machines, metrics
from gough.web.api.answers.agents import Metrics, Top, Upkeep
from gough.web.declaration import Query
from gough.web.message import Answer, Request, as_json, moment
from gough.web.operation import operation
from gough.web.query import When


class Span(Query):
    """`series`: with commas between, all without it. Without `from`: `hours` before `to`; without `to`: until now."""

    series: str = Field("", max_length=300, examples=["cpu,memory"])
    begin: When | None = Field(None, alias="from")
    end: When | None = Field(None, alias="to")
    hours: int = Field(24, ge=1, le=8760)


class Highest(Query):
    series: str = Field(max_length=40, examples=["cpu"])
    limit: int = Field(10, ge=1, le=100)


class Longest(Query):
    limit: int = Field(100, ge=1, le=10_000)


@operation(
    "GET /api/v1/machines/<name>/metrics", permission=Permission.VIEW, query=Span, raises=(NotFound, Conflict, Invalid),
    gives={200: Metrics}, summary="A machine's metrics over a span, from samples or roll-ups as few points allow.",
)  # fmt: skip
def of_machine(request: Request, name: str, query: Span) -> Answer:
    with request.use.database.read() as session:
        machine, now = machines.find(session, name), request.use.database.now(session)
        end = query.end or now
        wanted = [each for each in query.series.split(",") if each]
        found = metrics.chart(
            session, machine, wanted, query.begin or end - timedelta(hours=query.hours), end, now=now,
            interval_seconds=request.use.settings.agent_interval_seconds,
        )  # fmt: skip
        lines = [
            {
                "name": series, "title": BY_NAME[series].title, "unit": BY_NAME[series].unit,
                "points": [
                    {"at": moment(at), "low": cell.low, "average": cell.average, "high": cell.high, "last": cell.last,
                     "count": cell.count}
                    for at, cell in points
                ],
            }
            for series, points in found.series.items()
        ]  # fmt: skip
        return as_json(
            {
                "machine_id": machine.id, "begin": moment(found.begin), "end": moment(found.end),
                "step_seconds": found.step, "series": lines,
            }
        )  # fmt: skip


@operation(
    "GET /api/v1/metrics/top", permission=Permission.VIEW, query=Highest, raises=(Invalid,), gives={200: Top},
    summary="The machines that are highest in a series now.",
)  # fmt: skip
def top(request: Request, query: Highest) -> Answer:
    with request.use.database.read() as session:
        found = metrics.top(session, query.series, query.limit, request.use.database.now(session))
    series = BY_NAME[query.series]
    places = [
        {"machine_id": place.machine_id, "hostname": place.hostname, "value": place.value, "at": moment(place.at)}
        for place in found
    ]
    return as_json({"name": series.name, "title": series.title, "unit": series.unit, "machines": places})


@operation(
    "GET /api/v1/metrics/upkeep", permission=Permission.VIEW, query=Longest, gives={200: Upkeep},
    summary="The machines that wait for a reboot, and those that wait for security updates.",
)  # fmt: skip
def upkeep(request: Request, query: Longest) -> Answer:
    with request.use.database.read() as session:
        found = fleet.upkeep(session, query.limit)
    return as_json(
        {
            "reboots": [
                {"machine_id": each.machine_id, "hostname": each.hostname, "because": each.because}
                for each in found.reboots
            ],
            "updates": [
                {"machine_id": each.machine_id, "hostname": each.hostname, "count": each.count}
                for each in found.updates
            ],
            "uncounted": found.uncounted,
        }
    )  # fmt: skip
