"""What an action needs to know of its job, read in one go so that no session is open while MAAS is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gough.domain.deploy_options import AS_IT_IS, DeployOptions
from gough.persistence.models import Job, Region
from gough.services.context import Use
from gough.services.workflow.claim import WITH_MACHINE


@dataclass(frozen=True, slots=True)
class Order:
    """`marker` names one submission of one deployment; `user_data` is what MAAS shall hand to the machine."""

    job_id: str
    region: Region
    system_id: str
    parameters: Mapping[str, Any]
    comment: str
    submitted: bool
    deployment_id: str = ""
    marker: str = ""
    series: str = ""
    user_data: bytes = b""
    options: DeployOptions = AS_IT_IS


def load_order(use: Use, job_id: str) -> Order:
    with use.database.read() as session:
        job = session.get_one(Job, job_id, options=WITH_MACHINE)
        machine, deployment = job.machine, job.deployment
        common = (
            job.id,
            machine.region,
            machine.system_id,
            dict(job.parameters),
            f"Gough {job.id}",
            job.submitted_at is not None,
        )
        if deployment is None:
            return Order(*common)
        sealed = deployment.user_data_sealed
        return Order(
            *common,
            deployment_id=deployment.id,
            marker=f"{deployment.id}.{deployment.submission}",
            series=deployment.series,
            user_data=use.sealer.open(sealed) if sealed else b"",
            options=options_of(job),
        )


def options_of(job: Job) -> DeployOptions:
    return DeployOptions.from_json(job.parameters.get("options", {}))
