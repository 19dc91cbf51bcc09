"""What a Fleet server keeps. Everything here is guarded by `lock`."""

import json
import threading
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from gough.lab.fleet.accounts import Accounts, User
from gough.lab.fleet.host import Host, Installed
from gough.lab.fleet.live import Campaigns
from gough.lab.fleet.wire import not_found

CONFIG: dict[str, Any] = json.loads((files("gough.lab.fleet") / "config.json").read_text("utf-8"))
RENAMED_IN = (4, 82)


@dataclass(slots=True)
class Policy:
    id: int
    name: str
    query: str
    description: str
    resolution: str
    platform: str
    author: User | None
    created_at: float
    updated_at: float


@dataclass(slots=True)
class Query:
    """`rows`: host → (when, what its last scheduled run answered)."""

    id: int
    name: str
    query: str
    description: str
    interval: int
    platform: str
    author: User
    created_at: float
    updated_at: float
    rows: dict[int, tuple[float, list[dict[str, str]]]] = field(default_factory=dict)


@dataclass(slots=True)
class Label:
    """Without a query its members are listed by hand."""

    id: int
    name: str
    description: str
    query: str
    built_in: bool
    author: User | None
    created_at: float
    members: set[int] = field(default_factory=set)

    def has(self, host: Host) -> bool:
        if self.built_in:
            return self.name == "All Hosts" or (self.name == "All Linux" and host.is_linux)
        return host.labels.get(self.id, False) if self.query else host.id in self.members


@dataclass(frozen=True, slots=True)
class Activity:
    id: int
    type: str
    actor: User
    created_at: float
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Weakness:
    """A published vulnerability of one version of a program."""

    cve: str
    software: str
    version: str
    score: float
    published_at: float


class Core:
    def __init__(self, clock: Callable[[], float], version: str, live_seconds: float, interval: float) -> None:
        self.clock, self.version, self.interval = clock, version, interval
        self.lock = threading.RLock()
        self.accounts = Accounts(clock)
        self.campaigns = Campaigns(self.lock, live_seconds)
        self.config = deepcopy(CONFIG)
        self.is_set_up = False
        self.secrets: list[tuple[str, float]] = []
        self.hosts: dict[int, Host] = {}
        self.policies: dict[int, Policy] = {}
        self.queries: dict[int, Query] = {}
        self.labels: dict[int, Label] = {}
        self.software_ids: dict[Installed, int] = {}
        self.weaknesses: list[Weakness] = []
        self.activities: list[Activity] = []
        self.logs: list[dict[str, Any]] = []
        self._numbers: dict[str, int] = {}
        for name in ("All Hosts", "All Linux"):
            number = self.next("label")
            self.labels[number] = Label(number, name, f"{name} of this server", "select 1;", True, None, clock())

    def next(self, kind: str) -> int:
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        return self._numbers[kind]

    @property
    def has_reports(self) -> bool:
        """Whether this version says reports and fleets, beside queries and teams."""
        major, minor, *_ = (int(part) for part in self.version.split("."))
        return (major, minor) >= RENAMED_IN

    def host(self, number: str) -> Host:
        found = self.hosts.get(int(number))
        if found is None:
            raise not_found("Host", number)
        return found

    def host_called(self, name: str) -> Host:
        for host in self.hosts.values():
            if host.is_called(name):
                return host
        raise not_found("Host", name)

    def policies_of(self, host: Host) -> list[Policy]:
        """Those that apply to its platform."""
        return [policy for policy in self.policies.values() if _applies(policy.platform, host)]

    def noted(self, actor: User, kind: str, **details: Any) -> None:
        self.activities.append(Activity(self.next("activity"), kind, actor, self.clock(), details))

    def software_id(self, installed: Installed) -> int:
        if installed not in self.software_ids:
            self.software_ids[installed] = self.next("software")
        return self.software_ids[installed]


def _applies(platforms: str, host: Host) -> bool:
    wanted = {each.strip() for each in platforms.split(",") if each.strip()}
    return not wanted or host.platform in wanted or ("linux" in wanted and host.is_linux)
