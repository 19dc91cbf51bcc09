"""Regions, windows, bulk operations, the pause; and how Gough itself is."""

from typing import Any

from pydantic import Field

from gough.web.api.answers.base import Moment, Named, Page, Shown


class Import(Shown):
    at: Moment | None
    done: int
    total: int


class Reconcile(Shown):
    period_seconds: float | None
    duty: float | None


class RegionFeed(Shown):
    username: str
    state: str
    reason: str


class PausedBy(Shown):
    """`seconds`: for how long, by the server's clock."""

    by: str
    at: Moment
    seconds: float
    reason: str


class Followed(Shown):
    """How well a region is followed. A `duty` is a share of the region's time; null: not measured.

    `paused` is null while jobs begin there.
    """

    id: str
    name: str = Field(examples=["default"])
    health: str = Field(examples=["ok"])
    health_reason: str
    remark: str
    followed: bool
    machines: int
    vanished: int
    polled_at: Moment | None
    lag_seconds: float
    duty: float | None
    oldest_reading_at: Moment | None
    presence_at: Moment | None
    imported: Import = Field(alias="import")
    reconcile: Reconcile
    paused: PausedBy | None
    feed: RegionFeed


class Region(Followed):
    """`max_in_flight` 0: any number of jobs at once."""

    url: str = Field(examples=["http://maas.example:5240/MAAS/"])
    username: str
    version: str = Field(examples=["3.4.10"])
    in_flight: int
    max_in_flight: int


class RegionStatus(Followed):
    """`unread`: how many machines are still to be read again."""

    unread: int


class MaintenanceWindow(Shown):
    """`machines`: how many it binds now. `opens_at` is null while it is open."""

    name: str = Field(examples=["weekend"])
    days: list[str] = Field(examples=[["sat", "sun"]])
    start: str = Field(examples=["22:00"])
    minutes: int
    timezone: str
    applies: dict[str, list[str]]
    machines: int
    is_open: bool
    opens_at: Moment | None
    created_by: str
    created_at: Moment


class Bulk(Shown):
    """`counts`: how many machines are in which state."""

    id: str
    action: str = Field(examples=["deploy"])
    state: str
    reason: str
    priority: str = Field(examples=["normal"])
    parameters: dict[str, Any]
    max_in_flight: int
    stop_after: int
    created_by: str
    created_at: Moment
    finished_at: Moment | None
    machines: int
    counts: dict[str, int]


class BulkResult(Shown):
    """`position` in the operation's order, from 0."""

    position: int
    machine_id: str
    hostname: str
    state: str
    reason: str
    job_id: str | None


class BulkWithResults(Bulk):
    """`untouched`: it has jobs, and no worker has taken any of them yet."""

    untouched: bool
    items: list[BulkResult]
    next_cursor: str | None


class ForecastItem(Shown):
    machine_id: str
    hostname: str
    begins: bool
    reason: str
    in_service: bool


class Forecast(Shown):
    """What a bulk operation would do; nothing has been begun."""

    action: str
    machines: int
    counts: dict[str, int]
    items: list[ForecastItem]


class Paused(Shown):
    """Null: jobs begin."""

    paused: PausedBy | None


class Located(Shown):
    """`updated` machines were, or would be, moved. Rows with problems changed nothing."""

    updated: int
    unchanged: int
    unmatched: int
    problems: list[Named]


class Alive(Shown):
    status: str = Field(examples=["ok"])


class Ready(Shown):
    status: str
    components: dict[str, str] = Field(examples=[{"database": "ok", "migrations": "ok", "worker": "ok"}])


class AgentCommand(Shown):
    """What an agent is asked to do, again and again until it has told the outcome under this id."""

    id: str
    command: str = Field(examples=["collect-now"])


class Enrolled(Shown):
    agent_id: str
    interval_seconds: float
    server_time: Moment


class Heard(Shown):
    """`duplicate`: this heartbeat had come before. `commands` are missing when there are none."""

    interval_seconds: float
    server_time: Moment
    duplicate: bool
    commands: list[AgentCommand] = Field(default_factory=list)


class HeardOne(Shown):
    """`refused` says why this one can never be taken; missing when it was."""

    sequence: int
    duplicate: bool
    refused: str = ""


class HeardMany(Shown):
    """`results`: one for each that is done with."""

    interval_seconds: float
    server_time: Moment
    results: list[HeardOne]
    commands: list[AgentCommand] = Field(default_factory=list)


class KeyTaken(Shown):
    server_time: Moment


class FleetSecret(Shown):
    """`server` is Gough's name of the Fleet server that the secret is for."""

    server: str = Field(examples=["default"])
    secret: str


class RegionPage(Page[Region]):
    pass


class WindowPage(Page[MaintenanceWindow]):
    pass


class BulkPage(Page[Bulk]):
    pass
