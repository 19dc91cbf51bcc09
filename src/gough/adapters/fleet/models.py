"""What Fleet answers, as far as Gough reads it. Unknown fields are ignored; null and absence are accepted alike.

Names changed with 4.82: teams became fleets, queries became reports. Both are read.
"""

from typing import Annotated

from pydantic import AliasChoices, Field, TypeAdapter

from gough.adapters.fleet.fields import Answer, Count, Flag, Many, Moment, Number, Options, Text
from gough.domain.fleet_hosts import HostRecord, PolicyRecord, PolicyVerdict, Verdict


class Meta(Answer):
    has_next_results: Flag = False


class Version(Answer):
    version: str
    revision: Text = ""


class User(Answer):
    id: int
    name: Text = ""
    email: Text = ""
    global_role: Text = ""
    api_only: Flag = False


class UserAnswer(Answer):
    user: User


class UserWithToken(Answer):
    """What login, setup and a new API-only user answer. The token is shown this once."""

    user: User = Field(validation_alias=AliasChoices("user", "admin"))
    token: str = Field(repr=False, min_length=1)


class HostPolicy(Answer):
    """A policy as a host has it: `response` is pass, fail or empty."""

    id: int
    name: Text = ""
    critical: Flag = False
    resolution: Text = ""
    response: Text = ""

    def verdict(self) -> PolicyVerdict:
        known = self.response in (Verdict.PASS, Verdict.FAIL)
        return PolicyVerdict(self.id, Verdict(self.response) if known else Verdict.UNKNOWN)


class Issues(Answer):
    failing_policies_count: Count = 0


class HostSoftware(Answer):
    name: Text = ""
    version: Text = ""
    source: Text = ""


class HostLabel(Answer):
    id: int
    name: Text = ""


class Host(Answer):
    """`memory` in bytes; `policies`, `software` and `labels` only where Fleet was asked for them."""

    id: int
    uuid: Text = ""
    hostname: Text = ""
    display_name: Text = ""
    hardware_serial: Text = ""
    platform: Text = ""
    os_version: Text = ""
    osquery_version: Text = ""
    status: Text = "offline"
    memory: Count = 0
    primary_ip: Text = ""
    primary_mac: Text = ""
    seen_time: Moment = None
    policy_updated_at: Moment = None
    detail_updated_at: Moment = None
    last_enrolled_at: Moment = None
    fleet_id: int | None = Field(None, validation_alias=AliasChoices("fleet_id", "team_id"))
    gigs_disk_space_available: Number = 0.0
    issues: Annotated[Issues, Options] = Issues()
    policies: list[HostPolicy] | None = None
    software: Many[HostSoftware] = ()
    labels: Many[HostLabel] = ()

    def record(self) -> HostRecord:
        return HostRecord(
            id=self.id,
            uuid=self.uuid,
            hostname=self.hostname,
            display_name=self.display_name or self.hostname,
            hardware_serial=self.hardware_serial,
            platform=self.platform,
            os_version=self.os_version,
            osquery_version=self.osquery_version,
            status=self.status,
            primary_ip=self.primary_ip,
            seen_time=self.seen_time,
            policy_updated_at=self.policy_updated_at,
            last_enrolled_at=self.last_enrolled_at,
            failing_policies=self.issues.failing_policies_count,
            verdicts=None if self.policies is None else tuple(policy.verdict() for policy in self.policies),
        )


class HostAnswer(Answer):
    host: Host


class HostPage(Answer):
    hosts: Many[Host] = ()


class CountAnswer(Answer):
    count: Count = 0


class Policy(Answer):
    id: int
    name: Text = ""
    query: Text = ""
    description: Text = ""
    resolution: Text = ""
    platform: Text = ""
    critical: Flag = False
    passing_host_count: Count = 0
    failing_host_count: Count = 0
    updated_at: Moment = None

    def record(self) -> PolicyRecord:
        return PolicyRecord(
            id=self.id,
            name=self.name,
            query=self.query,
            description=self.description,
            resolution=self.resolution,
            platform=self.platform,
            critical=self.critical,
            passing=self.passing_host_count,
            failing=self.failing_host_count,
            updated_at=self.updated_at,
        )


class PolicyAnswer(Answer):
    policy: Policy


class PolicyPage(Answer):
    policies: Many[Policy] = ()


VERSION = TypeAdapter(Version)
USER, USER_TOKEN = TypeAdapter(UserAnswer), TypeAdapter(UserWithToken)
HOST, HOSTS, COUNT = TypeAdapter(HostAnswer), TypeAdapter(HostPage), TypeAdapter(CountAnswer)
POLICY, POLICIES = TypeAdapter(PolicyAnswer), TypeAdapter(PolicyPage)
