"""The whole in one look, and how this Gough is set up."""

from pydantic import Field

from gough.web.api.answers.base import Page, Shown


class MachineCounts(Shown):
    """Machines that MAAS has. `by_status` in MAAS's words, `by_service` in Gough's."""

    total: int
    by_status: dict[str, int] = Field(examples=[{"Deployed": 40, "Ready": 2}])
    by_service: dict[str, int] = Field(examples=[{"in_service": 39, "attention": 1, "out": 2}])


class JobCounts(Shown):
    """By state: those at work, and those that were asked for in the last 24 hours and have ended."""

    active: dict[str, int] = Field(examples=[{"running": 1}])
    ended_last_day: dict[str, int] = Field(examples=[{"done": 7, "failed": 1}])
    paused: bool


class Stats(Shown):
    """`agents` by state, `regions` by health."""

    machines: MachineCounts
    jobs: JobCounts
    deployments_in_service_last_day: int
    agents: dict[str, int] = Field(examples=[{"online": 39}])
    regions: dict[str, int] = Field(examples=[{"ok": 1}])
    templates: int


class SettingShown(Shown):
    """`source`: environment, file or default. `value` is null for secrets, and for what is not set."""

    name: str = Field(examples=["GOUGH_PUBLIC_URL"])
    source: str = Field(examples=["environment"])
    is_set: bool = Field(examples=[True])
    is_secret: bool
    value: str | None = Field(examples=["https://gough.example"])


class SettingPage(Page[SettingShown]):
    pass
