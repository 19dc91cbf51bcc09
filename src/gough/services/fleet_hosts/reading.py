"""Hosts, policies and results as lists: what the API and the command line show."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from gough.domain.errors import NotFound
from gough.domain.fleet_hosts import Verdict
from gough.persistence.models import FleetHost, FleetServer, Machine, Policy, PolicyResult

Place = tuple[str, str]
"""(hostname, id) of the last one of a page."""


@dataclass(frozen=True, slots=True)
class HostLine:
    host: FleetHost
    server: str
    machine: str | None


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """`passing`, `failing` and `unknown`: on how many hosts."""

    policy: Policy
    server: str
    passing: int
    failing: int
    unknown: int


@dataclass(frozen=True, slots=True)
class ResultLine:
    host: FleetHost
    machine: str | None
    verdict: str
    since: datetime


def hosts(
    session: Session, *, after: Place | None = None, limit: int, binding: str = "", status: str = "",
    server: str = "",
) -> list[HostLine]:  # fmt: skip
    """By hostname, then id; `after` is the (hostname, id) of the last one before."""
    query = (
        select(FleetHost, FleetServer.name, Machine.hostname)
        .join(FleetServer, FleetServer.id == FleetHost.server_id)
        .outerjoin(Machine, Machine.id == FleetHost.machine_id)
        .order_by(FleetHost.hostname, FleetHost.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(_behind(after))
    if binding:
        query = query.where(FleetHost.binding == binding)
    if status:
        query = query.where(FleetHost.status == status)
    if server:
        query = query.where(FleetServer.name == server)
    return [HostLine(*row) for row in session.execute(query)]


def policies(session: Session) -> list[PolicyLine]:
    """Critical ones first, then by name."""

    def count(verdict: Verdict) -> object:
        return func.count().filter(PolicyResult.verdict == verdict.value)

    query = (
        select(Policy, FleetServer.name, count(Verdict.PASS), count(Verdict.FAIL), count(Verdict.UNKNOWN))  # type: ignore[call-overload]
        .join(FleetServer, FleetServer.id == Policy.server_id)
        .outerjoin(PolicyResult, PolicyResult.policy_id == Policy.id)
        .group_by(Policy.id, FleetServer.name)
        .order_by(Policy.critical.desc(), Policy.name, Policy.id)
    )
    return [PolicyLine(*row) for row in session.execute(query)]


def policy(session: Session, policy_id: str) -> Policy:
    found = session.get(Policy, policy_id)
    if found is None:
        raise NotFound(f"There is no policy '{policy_id}'.", hint="`gough fleet policy list` shows them all.")
    return found


def results(
    session: Session, policy_id: str, *, verdict: str = "", after: Place | None = None, limit: int
) -> list[ResultLine]:
    """How a policy turns out, by hostname, then id."""
    policy(session, policy_id)
    query = (
        select(FleetHost, Machine.hostname, PolicyResult.verdict, PolicyResult.since)
        .join(PolicyResult, PolicyResult.host_id == FleetHost.id)
        .outerjoin(Machine, Machine.id == FleetHost.machine_id)
        .where(PolicyResult.policy_id == policy_id)
        .order_by(FleetHost.hostname, FleetHost.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(_behind(after))
    if verdict:
        query = query.where(PolicyResult.verdict == verdict)
    return [ResultLine(*row) for row in session.execute(query)]


def failing(session: Session, host_id: str) -> list[tuple[Policy, datetime]]:
    """The policies that fail on a host and since when, critical ones first, then by name."""
    query = (
        select(Policy, PolicyResult.since)
        .join(PolicyResult, PolicyResult.policy_id == Policy.id)
        .where(PolicyResult.host_id == host_id, PolicyResult.verdict == Verdict.FAIL.value)
        .order_by(Policy.critical.desc(), Policy.name)
    )
    return [(policy, since) for policy, since in session.execute(query)]


def _behind(after: Place) -> ColumnElement[bool]:
    name, number = after
    return (FleetHost.hostname > name) | ((FleetHost.hostname == name) & (FleetHost.id > number))
