"""Deployments: listing, one with its stages, what its machine was given, running it again, going back."""

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from gough.domain.errors import Conflict, Invalid, NotFound
from gough.domain.permissions import Permission
from gough.persistence.models import Deployment as DeploymentRow
from gough.persistence.models import Job as JobRow
from gough.services import deployments
from gough.web.api import shapes
from gough.web.api.answers.deployments import Deployment, DeploymentPage, UserData
from gough.web.api.answers.machines import Job
from gough.web.api.jobs import RetryJob
from gough.web.api.machines import Strict, accepted
from gough.web.api.paging import ListQuery, as_page, in_creation_order
from gough.web.declaration import BODY
from gough.web.message import Answer, Request, as_json, moment
from gough.web.operation import operation

State = Literal["", "queued", "running", "done", "failed", "cancelled"]


class GoBack(Strict):
    """Nothing to say yet."""


class OfMachine(ListQuery):
    sort: Literal["-created_at", "created_at"] = "-created_at"
    template: str = Field("", max_length=120, description="A name, or one version as `name@2`.")
    state: State = ""


class DeploymentsQuery(OfMachine):
    machine: str = Field("", max_length=255, description="By id, system_id, hostname or fqdn.")


@operation(
    "GET /api/v1/deployments", permission=Permission.VIEW, query=DeploymentsQuery, gives={200: DeploymentPage},
    raises=(NotFound, Conflict), summary="What was put on which machine.",
)  # fmt: skip
def listed(request: Request, query: DeploymentsQuery) -> Answer:
    return _page(request, query, query.machine)


@operation(
    "GET /api/v1/machines/<name>/deployments", permission=Permission.VIEW, query=OfMachine,
    gives={200: DeploymentPage}, raises=(NotFound, Conflict), summary="What was put on a machine.",
)  # fmt: skip
def of_machine(request: Request, name: str, query: OfMachine) -> Answer:
    return _page(request, query, name)


@operation(
    "GET /api/v1/deployments/<deployment_id>", permission=Permission.VIEW, gives={200: Deployment}, edited=BODY,
    raises=(NotFound,), summary="A deployment with its variables and its stages.",
)  # fmt: skip
def one(request: Request, deployment_id: str) -> Answer:
    with request.use.database.read() as session:
        found = deployments.find(session, deployment_id)
        return as_json(_whole(found, deployments.labels(session, [found])[found.id]))


@operation(
    "GET /api/v1/deployments/<deployment_id>/user-data", permission=Permission.DEPLOY, gives={200: UserData},
    raises=(NotFound, Conflict), summary="The user-data that its machine was given, redacted.",
)  # fmt: skip
def user_data(request: Request, deployment_id: str) -> Answer:
    with request.use.database.read() as session:
        found = deployments.user_data(session, deployment_id)
        shown = {"deployment_id": found.id, "sha256": found.user_data_sha256, "user_data": found.user_data_redacted}
    return as_json(shown)


@operation(
    "POST /api/v1/deployments/<deployment_id>/retry", permission=Permission.OPERATE, body=RetryJob,
    raises=(NotFound, Conflict), gives={202: Job}, summary="Run a failed deployment again from the stage that failed.",
)  # fmt: skip
def retry(request: Request, deployment_id: str, body: RetryJob) -> Answer:
    job = deployments.retry(request.use, deployment_id, by=request.by, confirm_wipe=body.confirm_wipe)
    return accepted(request, job)


@operation(
    "POST /api/v1/deployments/<deployment_id>/redeploy-previous", permission=Permission.DEPLOY, body=GoBack,
    raises=(NotFound, Conflict, Invalid), gives={202: Job},
    summary="Install the version before with the same variables, as a deployment of its own.",
)  # fmt: skip
def redeploy_previous(request: Request, deployment_id: str, body: GoBack) -> Answer:  # noqa: ARG001  (refuses fields)
    return accepted(request, deployments.redeploy_previous(request.use, deployment_id, by=request.by))


def _page(request: Request, query: OfMachine, machine: str) -> Answer:
    with request.use.database.read() as session:
        wanted = deployments.chosen(session, machine=machine, template=query.template, state=query.state)
        found, key = in_creation_order(session, wanted, JobRow, query)
        rows = _deployments(found)
        labels = deployments.labels(session, rows)
        return as_page([_row(row, labels[row.id]) for row in rows], DeploymentPage, query, key)


def _deployments(found: Sequence[JobRow]) -> list[DeploymentRow]:
    return [job.deployment for job in found if job.deployment is not None]


def _row(found: DeploymentRow, label: str) -> dict[str, Any]:
    job = found.job
    return {
        "id": found.id, "job_id": job.id, "machine_id": job.machine_id, "hostname": job.machine.hostname,
        "template": label, "series": found.series, "state": job.state, "created_by": job.created_by,
        "created_at": moment(job.created_at), "started_at": moment(job.started_at),
        "finished_at": moment(job.finished_at), "in_service_at": moment(found.in_service_at),
    }  # fmt: skip


def _whole(found: DeploymentRow, label: str) -> dict[str, Any]:
    return {
        **_row(found, label), "submission": found.submission, "variables": found.variables_shown,
        "stages": [shapes.step(each) for each in found.job.steps], "findings": found.findings,
        "diagnosis": found.job.diagnosis, "user_data_sha256": found.user_data_sha256,
    }  # fmt: skip
