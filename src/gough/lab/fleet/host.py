"""One host as Fleet knows it: what osquery said when it enrolled, and what it answered since."""

from dataclasses import dataclass, field

ONLINE_BUFFER = 60.0  # seconds beyond its own interval before a host counts as offline
MISSING_AFTER = 30 * 86400.0
NEW_FOR = 86400.0
LINUX = frozenset({"ubuntu", "debian", "rhel", "centos", "linux", "arch", "amzn", "sles"})


@dataclass(frozen=True, slots=True)
class Installed:
    name: str
    version: str
    source: str


@dataclass(slots=True)
class Host:
    id: int
    osquery_id: str  # what it enrols with: its UUID, by our flags
    node_key: str = field(repr=False)
    created_at: float
    enrolled_at: float
    seen_at: float
    uuid: str = ""
    hostname: str = ""
    serial: str = ""
    model: str = ""
    vendor: str = ""
    platform: str = ""
    platform_like: str = ""
    os_version: str = ""
    osquery_version: str = ""
    memory: int = 0
    cpu_brand: str = ""
    cpu_cores: int = 0
    primary_ip: str = ""
    primary_mac: str = ""
    uptime: int = 0
    disk_total: float = 0.0
    disk_free: float = 0.0
    distributed_interval: int = 10
    config_refresh: int = 60
    details_at: float | None = None
    labels_at: float | None = None
    policies_at: float | None = None
    software_at: float | None = None
    refetch: bool = True
    software: tuple[Installed, ...] = ()
    verdicts: dict[int, bool | None] = field(default_factory=dict)  # policy → passes; None: it could not be asked
    labels: dict[int, bool] = field(default_factory=dict)  # dynamic label → member

    def online_at(self, now: float) -> bool:
        return now <= self.seen_at + min(self.distributed_interval, self.config_refresh) + ONLINE_BUFFER

    def status(self, now: float) -> str:
        """Online or offline; a missing host is offline too, and is found by a filter of its own."""
        return "online" if self.online_at(now) else "offline"

    def missing_at(self, now: float) -> bool:
        return now > self.seen_at + MISSING_AFTER

    @property
    def is_linux(self) -> bool:
        return self.platform in LINUX or "linux" in self.platform_like or "debian" in self.platform_like

    @property
    def failing(self) -> int:
        return sum(passes is False for passes in self.verdicts.values())

    def is_called(self, name: str) -> bool:
        return name in {self.osquery_id, self.node_key, self.uuid, self.hostname, self.serial} - {""}
