"""Agents and what they have measured."""

from pydantic import Field

from gough.web.api.answers.base import Moment, Page, Shown


class Condition(Shown):
    """Something that is wrong with an agent which reports."""

    name: str = Field(examples=["disk /var"])
    kind: str = Field(examples=["degraded"])
    reason: str
    since: Moment


class AgentRow(Shown):
    """`state`: enrolled, online, offline, or the worst of its conditions; `since` is null where that is not known."""

    id: str
    machine_id: str
    hostname: str
    state: str = Field(examples=["online"])
    reason: str
    since: Moment | None
    version: str
    enrolled_at: Moment
    last_seen_at: Moment | None
    clock_skew_seconds: float


class Command(Shown):
    """What an agent was asked; `outcome` is null until it has told."""

    id: str
    command: str = Field(examples=["collect-now"])
    asked_by: str
    asked_at: Moment
    outcome: str | None
    said: str
    ended_at: Moment | None


class Agent(AgentRow):
    boot_id: str
    last_sequence: int
    heartbeats_lost: int
    revoked_at: Moment | None
    conditions: list[Condition]
    commands: list[Command]


class Point(Shown):
    """Of `count` samples until the next point; `last` is the newest of them."""

    at: Moment
    low: float
    average: float
    high: float
    last: float
    count: int


class Line(Shown):
    name: str = Field(examples=["cpu"])
    title: str
    unit: str
    points: list[Point]


class Metrics(Shown):
    """`step_seconds` from point to point; 0: each point is a sample."""

    machine_id: str
    begin: Moment
    end: Moment
    step_seconds: int
    series: list[Line]


class Place(Shown):
    machine_id: str
    hostname: str
    value: float
    at: Moment


class Top(Shown):
    """The highest first: averages of each machine's newest five minutes."""

    name: str
    title: str
    unit: str
    machines: list[Place]


class Reboot(Shown):
    """`because`: the packages that asked for it, or the kernel that would run."""

    machine_id: str
    hostname: str
    because: str


class Updates(Shown):
    machine_id: str
    hostname: str
    count: int


class Upkeep(Shown):
    """From each agent's newest heartbeat, most first; `uncounted` machines do not know their updates."""

    reboots: list[Reboot]
    updates: list[Updates]
    uncounted: int


class AgentPage(Page[AgentRow]):
    pass
