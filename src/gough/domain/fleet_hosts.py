"""What Fleet says of hosts and policies, as Gough keeps it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """A policy's result on one host. `UNKNOWN`: Fleet has asked, the host has not answered, or could not."""

    PASS = "pass"  # noqa: S105 - Fleet's word
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PolicyVerdict:
    policy_id: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class HostRecord:
    """One host. Times are None where Fleet has none; `verdicts` is None where they were not asked for."""

    id: int
    uuid: str
    hostname: str
    display_name: str
    hardware_serial: str
    platform: str
    os_version: str
    osquery_version: str
    status: str
    primary_ip: str
    seen_time: datetime | None
    policy_updated_at: datetime | None
    last_enrolled_at: datetime | None
    failing_policies: int = 0
    verdicts: tuple[PolicyVerdict, ...] | None = None


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """`critical` is Fleet's own mark, which only Fleet Premium can set; Gough has its own beside it."""

    id: int
    name: str
    query: str
    description: str
    resolution: str
    platform: str
    critical: bool
    passing: int
    failing: int
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class PolicyDraft:
    """A policy as somebody writes it: it passes where `query` answers at least one row."""

    name: str
    query: str
    description: str = ""
    resolution: str = ""
    platform: str = "linux"
