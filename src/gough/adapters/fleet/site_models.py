"""What Fleet answers beside hosts and policies: queries, labels, software, what was done, and its settings."""

from typing import Annotated, Any

from pydantic import AliasChoices, Field, TypeAdapter

from gough.adapters.fleet.fields import Answer, Count, Flag, Many, Moment, Number, Options, Text
from gough.adapters.fleet.models import Meta

Rows = Many[dict[str, Text]]


class Query(Answer):
    """A saved query; called a report since 4.82. `interval` in seconds, 0: not scheduled."""

    id: int
    name: Text = ""
    query: Text = ""
    description: Text = ""
    interval: Count = 0
    platform: Text = ""
    updated_at: Moment = None


class QueryAnswer(Answer):
    query: Query = Field(validation_alias=AliasChoices("report", "query"))


class QueryPage(Answer):
    queries: Many[Query] = Field((), validation_alias=AliasChoices("reports", "queries"))
    meta: Annotated[Meta, Options] = Meta()


class ReportRow(Answer):
    host_id: int
    host_name: Text = ""
    last_fetched: Moment = None
    columns: Annotated[dict[str, Text], Options] = Field(default_factory=dict)


class Report(Answer):
    results: Many[ReportRow] = ()
    report_clipped: Flag = False


class LiveAnswer(Answer):
    """One host's answer to a live query. No rows and no error: it is offline."""

    host_id: int
    status: Text = ""
    error: Text = ""
    rows: Rows = ()


class LiveSummary(Answer):
    results: Many[LiveAnswer] = ()
    targeted_host_count: Count = 0
    responded_host_count: Count = 0


class Label(Answer):
    """`membership`: dynamic (by its query) or manual."""

    id: int
    name: Text = ""
    description: Text = ""
    query: Text = ""
    platform: Text = ""
    label_type: Text = ""
    membership: Text = Field("", validation_alias="label_membership_type")
    hosts: Count = Field(0, validation_alias=AliasChoices("host_count", "count"))


class LabelAnswer(Answer):
    label: Label


class LabelPage(Answer):
    labels: Many[Label] = ()


class Vulnerability(Answer):
    cve: Text = ""
    details_link: Text = ""
    cvss_score: Number = 0.0
    cisa_known_exploit: Flag = False
    hosts_count: Count = 0


class VulnerabilityPage(Answer):
    vulnerabilities: Many[Vulnerability] = ()
    meta: Annotated[Meta, Options] = Meta()


class Software(Answer):
    """One version of one program, on `hosts_count` hosts."""

    id: int
    name: Text = ""
    version: Text = ""
    source: Text = ""
    hosts_count: Count = 0
    vulnerabilities: Many[Vulnerability] = ()


class SoftwarePage(Answer):
    software: Many[Software] = ()
    meta: Annotated[Meta, Options] = Meta()


class Activity(Answer):
    """Something that somebody did in Fleet; `details` differ by type."""

    id: int
    type: Text = ""
    created_at: Moment = None
    actor_full_name: Text = ""
    actor_email: Text = ""
    details: Annotated[dict[str, Any], Options] = Field(default_factory=dict)


class ActivityPage(Answer):
    activities: Many[Activity] = ()
    meta: Annotated[Meta, Options] = Meta()


class Secret(Answer):
    secret: str = Field(repr=False)


class SecretSpec(Answer):
    secrets: Many[Secret] = ()


class SecretAnswer(Answer):
    spec: Annotated[SecretSpec, Options] = SecretSpec()


class OrgInfo(Answer):
    org_name: Text = ""


class ServerSettings(Answer):
    server_url: Text = ""


class License(Answer):
    tier: Text = "free"


class FailingPoliciesWebhook(Answer):
    enabled: Flag = Field(False, validation_alias="enable_failing_policies_webhook")
    destination_url: Text = Field("", repr=False)  # its path is the only proof of where a message comes from
    policy_ids: Many[int] = ()


class WebhookSettings(Answer):
    failing_policies_webhook: Annotated[FailingPoliciesWebhook, Options] = FailingPoliciesWebhook()


class Configuration(Answer):
    org_info: Annotated[OrgInfo, Options] = OrgInfo()
    server_settings: Annotated[ServerSettings, Options] = ServerSettings()
    license: Annotated[License, Options] = License()
    webhook_settings: Annotated[WebhookSettings, Options] = WebhookSettings()


QUERY, QUERIES, REPORT = TypeAdapter(QueryAnswer), TypeAdapter(QueryPage), TypeAdapter(Report)
LIVE, LIVE_SUMMARY = TypeAdapter(LiveAnswer), TypeAdapter(LiveSummary)
LABEL, LABELS = TypeAdapter(LabelAnswer), TypeAdapter(LabelPage)
SOFTWARE, VULNERABILITIES = TypeAdapter(SoftwarePage), TypeAdapter(VulnerabilityPage)
ACTIVITIES = TypeAdapter(ActivityPage)
SECRETS, CONFIGURATION = TypeAdapter(SecretAnswer), TypeAdapter(Configuration)
