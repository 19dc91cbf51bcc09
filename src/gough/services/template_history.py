"""Where versions of templates are at work, and what came before them."""

from dataclasses import dataclass, field

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from gough.domain.attribution import KEEPS_ITS_SYSTEM, OWNER_KEY, marked_deployment
from gough.domain.errors import Conflict
from gough.domain.service_state import ServiceState
from gough.persistence.models import Deployment, Machine, Template, TemplateVersion
from gough.services import templates


@dataclass(slots=True)
class Usage:
    """One version: how often it was deployed, and the hostnames of the machines that run it now."""

    version: TemplateVersion
    deployments: int = 0
    in_service: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    """Machines that run it and are not in service."""


def running(session: Session, machine: Machine) -> Deployment | None:
    """The deployment that MAAS's mark on the machine names, whether it came up or not; None where it is not ours."""
    if machine.status not in KEEPS_ITS_SYSTEM:
        return None
    marked = marked_deployment(machine.owner_data)
    return session.get(Deployment, marked) if marked else None


def previous_version(session: Session, machine: Machine) -> TemplateVersion:
    """The version before the one that the machine runs, to deploy again. Raises Conflict where there is none."""
    deployment = running(session, machine)
    if deployment is None or deployment.template_version_id is None:
        raise Conflict(
            f"{machine.hostname} runs no version of a template.", hint="Deploy the version that you want by its name."
        )
    present = session.get_one(TemplateVersion, deployment.template_version_id)
    earlier = before(session, present)
    if earlier is None:
        raise Conflict(f"{machine.hostname} runs {present.label}, the first version.", hint="There is none before it.")
    return earlier


def before(session: Session, version: TemplateVersion) -> TemplateVersion | None:
    """The version of the same template before this one; None where this is the first."""
    query = select(TemplateVersion).where(
        TemplateVersion.template_id == version.template_id, TemplateVersion.number < version.number
    )
    return session.scalars(query.order_by(TemplateVersion.number.desc()).limit(1)).one_or_none()


def used(session: Session, name: str) -> list[Usage]:
    """Every version of the template, newest first. Raises NotFound."""
    found = {version.id: Usage(version) for version in templates.versions(session, name)}
    _count(session, name, found)
    mark = Machine.owner_data[OWNER_KEY].as_string()  # "<deployment id>.<submission>"
    ours = func.substr(mark, 1, func.length(Deployment.id) + 1) == Deployment.id.concat(".")
    query = (
        select(Deployment.template_version_id, Machine.hostname, Machine.service)
        .join(Machine, and_(Machine.id == Deployment.machine_id, ours))
        .where(Machine.vanished_at.is_(None), Machine.status.in_(list(KEEPS_ITS_SYSTEM)))
        .where(Deployment.template_version_id.in_(list(found)))
        .order_by(Machine.hostname)
    )
    for version_id, hostname, service in session.execute(query):
        usage = found[str(version_id)]
        (usage.in_service if service == ServiceState.IN_SERVICE else usage.others).append(hostname)
    return list(found.values())


def _count(session: Session, name: str, found: dict[str, Usage]) -> None:
    query = (
        select(TemplateVersion.id, func.count(Deployment.id))
        .join(Deployment, Deployment.template_version_id == TemplateVersion.id)
        .join(Template, Template.id == TemplateVersion.template_id)
        .where(Template.name == name)
        .group_by(TemplateVersion.id)
    )
    for version_id, count in session.execute(query):
        found[version_id].deployments = count
