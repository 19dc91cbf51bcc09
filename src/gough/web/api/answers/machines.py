"""Machines, what happens on them, and jobs."""

from typing import Any

from pydantic import Field

from gough.web.api.answers.base import Moment, Page, Shown


class Step(Shown):
    """A stage of a job. `outcome` is null until it has ended."""

    name: str
    state: str
    outcome: str | None
    waived_by: str | None
    cause: str | None
    attempts: int
    started_at: Moment | None
    finished_at: Moment | None
    deadline_at: Moment | None
    progress: str


class Job(Shown):
    """Work on one machine. `diagnosis` says why it failed, where that is known."""

    id: str = Field(examples=["job_01J0000000000000000000"])
    kind: str = Field(examples=["deployment"])
    state: str = Field(examples=["running"])
    priority: str = Field(examples=["normal"])
    machine_id: str
    hostname: str = Field(examples=["node-01"])
    parameters: dict[str, Any]
    created_by: str
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    cancel_requested_by: str | None
    diagnosis: dict[str, Any] | None
    steps: list[Step]


class LogLine(Shown):
    id: int
    at: Moment
    level: str
    step: str | None
    message: str


class JobWithLog(Job):
    log: list[LogLine]


class MachineRow(Shown):
    """A machine as lists have it. `service` is Gough's word for its state, `status` MAAS's."""

    id: str
    system_id: str
    hostname: str = Field(examples=["node-01"])
    power_state: str = Field(examples=["on"])
    service: str = Field(examples=["in_service"])
    reason: str
    next_action: str
    zone: str
    pool: str
    owner: str
    locked: bool
    architecture: str = Field(examples=["amd64/generic"])
    cpu_count: int
    memory_mib: int
    ip_addresses: list[str]
    tags: list[str]
    site: str
    rack: str
    unit: float | None
    region: str
    status: str = Field(examples=["Deployed"])
    service_since: Moment
    status_since: Moment


class MachineAgent(Shown):
    """As the list of agents has it."""

    state: str = Field(examples=["online"])
    reason: str
    since: Moment | None


class Machine(MachineRow):
    """A machine, whole. `job` is its newest one, `template` what it was deployed with last, `agent` its newest."""

    fqdn: str
    status_message: str
    power_type: str
    storage_mb: float
    osystem: str
    distro_series: str
    hardware_uuid: str
    serial: str
    mac_addresses: list[str]
    observed_at: Moment
    vanished_at: Moment | None
    template: str
    agent: MachineAgent | None
    job: Job | None


class Count(Shown):
    value: str
    count: int


class Facets(Shown):
    """`total` machines match; per facet the values that the list can be narrowed to, most first."""

    total: int
    facets: dict[str, list[Count]]


class Event(Shown):
    """One event of a timeline. `position` is its place in the live stream; null until it has one."""

    id: int
    position: int | None
    machine_id: str
    job_id: str | None
    source: str
    kind: str
    level: str
    message: str
    actor: str
    occurred_at: Moment


class Adopted(Shown):
    """`command` and `script` carry a secret."""

    job: Job
    command: str
    script: str


class Cause(Shown):
    name: str
    summary: str
    next_action: str


class Result(Shown):
    """One script's result; what begins with `output` and `cause` only where the output was asked for."""

    name: str
    kind: str
    status: str
    exit_status: int | None
    device: str
    cause: Cause | None = None
    output: str | None = None
    output_bytes: int | None = None
    output_truncated: bool | None = None


class JobPage(Page[Job]):
    pass


class MachinePage(Page[MachineRow]):
    pass


class EventPage(Page[Event]):
    pass


class ResultPage(Page[Result]):
    pass
