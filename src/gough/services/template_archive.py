"""Taking a template out of use. Nothing that a deployment points at is deleted: what ran where stays known."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.errors import Conflict
from gough.persistence.models import ACTIVE, Deployment, Job, Template, TemplateVersion
from gough.services import audit, template_history, templates
from gough.services.context import Use

MOST_NAMED = 5


def archive(use: Use, name: str) -> None:
    """From now on there is no such template; a new version under its name brings it back, numbered on.

    Raises NotFound, or Conflict while machines run it, jobs deploy it, or other templates extend it.
    """
    with use.database.write() as session:
        version = templates.find_version(session, name.partition("@")[0])
        template = session.get_one(Template, version.template_id, with_for_update=True)
        _require_unused(session, template)
        template.archived_at = use.database.now(session)
        audit.note(target=template.name, before={"newest": version.label})


def _require_unused(session: Session, template: Template) -> None:
    used = template_history.used(session, template.name)
    machines = [hostname for each in used for hostname in each.in_service + each.others]
    if machines:
        hint = "Release them, or deploy another template to them, first."
        raise Conflict(f"{template.name} runs on {_some(machines)}.", hint=hint)
    if busy := _deploying(session, template):
        raise Conflict(f"{template.name} is being deployed by {_some(busy)}.", hint="Wait for them, or cancel them.")
    heirs = [
        heir.template.name
        for heir in templates.newest_versions(session)
        if template.name in [ancestor["name"] for ancestor in heir.ancestors]
    ]
    if heirs:
        hint = "Archive those first, or make versions of them that do not extend it."
        raise Conflict(f"{template.name} is extended by {_some(heirs)}.", hint=hint)


def _deploying(session: Session, template: Template) -> list[str]:
    query = (
        select(Job.id)
        .join(Deployment, Deployment.job_id == Job.id)
        .join(TemplateVersion, TemplateVersion.id == Deployment.template_version_id)
        .where(TemplateVersion.template_id == template.id, Job.state.in_(ACTIVE))
    )
    return list(session.scalars(query.order_by(Job.id)))


def _some(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
