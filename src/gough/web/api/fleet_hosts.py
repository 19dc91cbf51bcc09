"""Hosts as Fleet sees them, the machines they are, policies and how they turn out."""

from typing import Any, Literal

from pydantic import Field

from gough.domain.errors import NotFound
from gough.domain.permissions import Permission
from gough.services.fleet_hosts import reading
from gough.services.fleet_hosts.reading import HostLine, PolicyLine, ResultLine
from gough.services.keyset import cut
from gough.web.api.answers.fleet import FleetHostPage, PolicyPage, PolicyResultPage
from gough.web.api.paging import ListQuery, as_page
from gough.web.message import Answer, Request, moment
from gough.web.operation import operation


class HostsQuery(ListQuery):
    sort: Literal["hostname"] = "hostname"
    server: str = Field("", max_length=80)
    status: Literal["", "online", "offline"] = ""
    binding: Literal["", "uuid", "serial", "hostname", "none", "conflict"] = ""


class PoliciesQuery(ListQuery):
    sort: Literal["name", "-name"] = "name"


class ResultsQuery(ListQuery):
    sort: Literal["hostname"] = "hostname"
    verdict: Literal["", "pass", "fail", "unknown"] = ""


@operation(
    "GET /api/v1/fleet/hosts", permission=Permission.VIEW, query=HostsQuery, gives={200: FleetHostPage},
    summary="The hosts of every Fleet server, and the machines they are.",
)  # fmt: skip
def hosts(request: Request, query: HostsQuery) -> Answer:
    with request.use.database.read() as session:
        found = reading.hosts(
            session, after=_place(query), limit=query.limit + 1, binding=query.binding, status=query.status,
            server=query.server,
        )  # fmt: skip
    shown = found[: query.limit]
    key = (shown[-1].host.hostname, shown[-1].host.id) if len(found) > query.limit else None
    return as_page([_host(line) for line in shown], FleetHostPage, query, key)


@operation(
    "GET /api/v1/fleet/policies", permission=Permission.VIEW, query=PoliciesQuery, gives={200: PolicyPage},
    summary="The policies of every Fleet server, and on how many hosts they pass and fail.",
)  # fmt: skip
def policies(request: Request, query: PoliciesQuery) -> Answer:
    with request.use.database.read() as session:
        every = reading.policies(session)
    shown, key = cut(
        every, lambda line: (line.policy.name, line.policy.id), after=query.after(str, str), limit=query.limit,
        descends=query.descends,
    )  # fmt: skip
    return as_page([_policy(line) for line in shown], PolicyPage, query, key)


@operation(
    "GET /api/v1/fleet/policies/<policy_id>/results", permission=Permission.VIEW, query=ResultsQuery,
    gives={200: PolicyResultPage}, raises=(NotFound,), summary="How a policy turns out on each host, and since when.",
)  # fmt: skip
def results(request: Request, policy_id: str, query: ResultsQuery) -> Answer:
    with request.use.database.read() as session:
        found = reading.results(
            session, policy_id, verdict=query.verdict, after=_place(query), limit=query.limit + 1
        )  # fmt: skip
    shown = found[: query.limit]
    key = (shown[-1].host.hostname, shown[-1].host.id) if len(found) > query.limit else None
    return as_page([_result(line) for line in shown], PolicyResultPage, query, key)


def _place(query: ListQuery) -> reading.Place | None:
    after = query.after(str, str)
    return None if after is None else (after[0], after[1])


def _host(line: HostLine) -> dict[str, Any]:
    host = line.host
    same = (
        "id", "host_id", "uuid", "hostname", "serial", "platform", "os_version", "osquery_version", "status",
        "primary_ip", "failing", "machine_id", "binding", "binding_reason",
    )  # fmt: skip
    times = {name: moment(getattr(host, name)) for name in ("seen_at", "enrolled_at", "policies_at")}
    return {**{name: getattr(host, name) for name in same}, **times, "server": line.server, "machine": line.machine}


def _policy(line: PolicyLine) -> dict[str, Any]:
    same = ("id", "policy_id", "name", "query", "description", "resolution", "platform", "critical", "pack")
    counts = {"passing": line.passing, "failing": line.failing, "unknown": line.unknown}
    return {**{name: getattr(line.policy, name) for name in same}, **counts, "server": line.server}


def _result(line: ResultLine) -> dict[str, Any]:
    return {
        "host_id": line.host.id, "hostname": line.host.hostname, "machine_id": line.host.machine_id,
        "machine": line.machine, "verdict": line.verdict, "since": moment(line.since),
    }  # fmt: skip
