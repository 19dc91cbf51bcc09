"""Deployments: what was put on which machine, from which version of a template; running one again, or going back."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from gough.domain.errors import Conflict, NotFound
from gough.persistence.models import Deployment, Job, Template, TemplateVersion
from gough.services import jobs, machines, redeploy
from gough.services.context import Use

ADOPTED = "adopted"
"""Instead of a template's label: somebody else had installed the machine."""


def chosen(session: Session, *, machine: str = "", template: str = "", state: str = "") -> Select[Job]:
    """Jobs that deploy, each with its deployment. `template` is a name, or one version as `name@2`.

    Raises NotFound or Conflict for a machine that is not known, or not one.
    """
    query = select(Job).join(Deployment, Deployment.job_id == Job.id)
    query = query.options(joinedload(Job.machine), joinedload(Job.deployment), selectinload(Job.steps))
    if machine:
        query = query.where(Job.machine_id == machines.find(session, machine).id)
    if state:
        query = query.where(Job.state == state)
    if template:
        name, _, number = template.partition("@")
        query = query.join(TemplateVersion, TemplateVersion.id == Deployment.template_version_id)
        query = query.join(Template, Template.id == TemplateVersion.template_id).where(Template.name == name)
        if number:  # what is no number is no version
            wanted = int(number) if number.isdecimal() and len(number) < 10 else 0
            query = query.where(TemplateVersion.number == wanted)
    return query


def labels(session: Session, deployments: Iterable[Deployment]) -> Mapping[str, str]:
    """{deployment's id: `docker-host@2`, or ADOPTED}, with one query."""
    versions = {each.id: each.template_version_id for each in deployments}
    query = select(TemplateVersion.id, Template.name, TemplateVersion.number).join(Template)
    rows = session.execute(query.where(TemplateVersion.id.in_({v for v in versions.values() if v})))
    known = {row.id: f"{row.name}@{row.number}" for row in rows}
    return {each: known.get(version or "", ADOPTED) for each, version in versions.items()}


def find(session: Session, deployment_id: str) -> Deployment:
    found = session.get(Deployment, deployment_id)
    if found is None:
        raise NotFound(f"There is no deployment '{deployment_id}'.", hint="`GET /api/v1/deployments` lists them.")
    return found


def user_data(session: Session, deployment_id: str) -> Deployment:
    """The deployment, if user-data was made for it: what a person may see of it is kept for good.

    Raises NotFound where there will never be any, Conflict where there is none yet.
    """
    found = find(session, deployment_id)
    if found.template_version_id is None:
        said = "The machine was adopted: somebody else installed it, so Gough gave it no user-data."
        raise NotFound(said, hint="Ask whoever installed it.")
    if not found.user_data_redacted:
        hint = "It is made in stage validate; if that stage failed, its findings say why."
        raise Conflict("The user-data of this deployment has not been made.", hint=hint)
    return found


def retry(use: Use, deployment_id: str, *, by: str, confirm_wipe: bool = False) -> Job:
    """As `jobs.retry`, of the deployment's job."""
    with use.database.read() as session:
        job_id = find(session, deployment_id).job_id
    return jobs.retry(use, job_id, by=by, confirm_wipe=confirm_wipe)


def redeploy_previous(use: Use, deployment_id: str, *, by: str) -> Job:
    """As `redeploy.redeploy`, of the version before this one's. A reinstall, and a deployment of its own.

    Raises Conflict where another deployment is the machine's last: going back from this one would undo that one.
    """
    with use.database.read() as session:
        found = find(session, deployment_id)
        machine = found.job.machine
        last = redeploy.last_of(session, machine)
    if last is None or last.id != found.id:
        hint = f"`POST /api/v1/machines/{machine.hostname}/redeploy` goes back from what it has now."
        raise Conflict(f"{machine.hostname} has been deployed again since.", hint=hint)
    return redeploy.redeploy(use, machine.id, by=by)
