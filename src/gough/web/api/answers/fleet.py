"""Fleet servers, their hosts and policies."""

from typing import Literal

from pydantic import Field

from gough.web.api.answers.base import Moment, Page, Shown


class FleetServer(Shown):
    """`unbound` hosts are no known machine; `conflicts` might be more than one."""

    id: str
    name: str = Field(examples=["default"])
    url: str = Field(examples=["https://fleet.example:8443"])
    has_ca: bool
    username: str
    version: str = Field(examples=["4.86.2"])
    health: str
    health_reason: str
    hosts: int
    online: int
    unbound: int
    conflicts: int
    polled_at: Moment | None
    read_in_full_at: Moment | None


class FleetHost(Shown):
    """`binding`: by what it is known to be `machine_id`; none or conflict where it is not, with `binding_reason`."""

    id: str
    server: str
    host_id: int
    uuid: str
    hostname: str
    serial: str
    platform: str
    os_version: str
    osquery_version: str
    status: str
    primary_ip: str
    failing: int
    seen_at: Moment | None
    enrolled_at: Moment | None
    policies_at: Moment | None
    machine_id: str | None
    machine: str | None
    binding: Literal["uuid", "serial", "hostname", "none", "conflict"]
    binding_reason: str


class Policy(Shown):
    """`critical` is Gough's own mark; `passing`, `failing` and `unknown` count hosts."""

    id: str
    server: str
    policy_id: int
    name: str
    query: str
    description: str
    resolution: str
    platform: str
    critical: bool
    pack: str
    passing: int
    failing: int
    unknown: int


class PolicyResult(Shown):
    host_id: str
    hostname: str
    machine_id: str | None
    machine: str | None
    verdict: Literal["pass", "fail", "unknown"]
    since: Moment


class ImportedPolicy(Shown):
    name: str
    critical: bool
    outcome: Literal["created", "changed", "unchanged"]


class ImportedPack(Shown):
    policies: list[ImportedPolicy]


class FleetServerPage(Page[FleetServer]):
    pass


class FleetHostPage(Page[FleetHost]):
    pass


class PolicyPage(Page[Policy]):
    pass


class PolicyResultPage(Page[PolicyResult]):
    pass
