"""Deployments: what was put on which machine."""

from typing import Any

from pydantic import Field

from gough.web.api.answers.base import Moment, Page, Shown
from gough.web.api.answers.machines import Step


class DeploymentRow(Shown):
    """`template` is `adopted` where somebody else had installed the machine. `state` is that of its job."""

    id: str = Field(examples=["dep_01J0000000000000000000"])
    job_id: str = Field(examples=["job_01J0000000000000000000"])
    machine_id: str
    hostname: str = Field(examples=["node-01"])
    template: str = Field(examples=["docker-host@2"])
    series: str = Field(examples=["ubuntu/noble"])
    state: str = Field(examples=["running"])
    created_by: str
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    in_service_at: Moment | None


class Found(Shown):
    """What was said of the user-data when it was made."""

    severity: str = Field(examples=["warning"])
    pointer: str
    message: str


class Deployment(DeploymentRow):
    """`variables`: secret ones are `***`. `submission` counts how often it was given to MAAS on purpose."""

    submission: int
    variables: dict[str, Any] = Field(examples=[{"ssh_keys": ["ssh-ed25519 AAAA ada@example"]}])
    stages: list[Step]
    findings: list[Found]
    diagnosis: dict[str, Any] | None
    user_data_sha256: str


class UserData(Shown):
    """`sha256` is that of what the machine got, with the secrets in it."""

    deployment_id: str = Field(examples=["dep_01J0000000000000000000"])
    sha256: str
    user_data: str = Field(examples=["#cloud-config\n"])


class DeploymentPage(Page[DeploymentRow]):
    pass


class PlaybookRun(Shown):
    """`state`: running, converged, failed, unreachable, stopped, or lost with its worker. `recap`: Ansible's counts of
    tasks by what became of them. `said`: the task that ended the run, with its words.
    """

    id: str = Field(examples=["run_01J0000000000000000000"])
    deployment_id: str = Field(examples=["dep_01J0000000000000000000"])
    playbook: str = Field(examples=["docker-host.yml"])
    state: str = Field(examples=["converged"])
    started_at: Moment
    finished_at: Moment | None
    recap: dict[str, int] = Field(examples=[{"ok": 21, "changed": 4}])
    said: str


class PlaybookRunPage(Page[PlaybookRun]):
    pass
