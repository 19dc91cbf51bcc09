"""Templates: importing the library as immutable versions, finding one."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.cloud_init.inheritance import BODY
from gough.cloud_init.library import discover
from gough.cloud_init.metadata import METADATA
from gough.cloud_init.source import TemplateSource, parse
from gough.domain.errors import Invalid, NotFound
from gough.persistence.models import Deployment, Template, TemplateVersion
from gough.services.context import Use


@dataclass(frozen=True, slots=True)
class Imported:
    """`is_new`: the content was not there before, so a version was added."""

    label: str
    is_new: bool


def import_library(use: Use, folder: Path, *, by: str) -> list[Imported]:
    """Every template below `folder`; one that has not changed since its last version adds nothing."""
    sources = discover(folder)
    with use.database.write() as session:
        return [_import(use, session, folder, source, by) for source in sources]


def _import(use: Use, session: Session, folder: Path, source: TemplateSource, by: str) -> Imported:
    now = use.database.now(session)
    template = session.scalars(select(Template).where(Template.name == source.name)).one_or_none()
    if template is None:
        template = Template(name=source.name, created_at=now)
        session.add(template)
        session.flush()
    known = next((version for version in template.versions if version.checksum == source.checksum), None)
    if known is not None:
        return Imported(known.label, is_new=False)
    texts = folder / source.name
    version = TemplateVersion(
        template=template, number=len(template.versions) + 1, checksum=source.checksum, created_by=by, created_at=now,
        metadata_text=(texts / METADATA).read_text(encoding="utf-8"),
        body_text=(texts / BODY).read_text(encoding="utf-8"),
    )  # fmt: skip
    session.add(version)
    session.flush()
    return Imported(version.label, is_new=True)


def find_version(session: Session, reference: str) -> TemplateVersion:
    """`docker-host` is its newest version, `docker-host@2` exactly that one. Raises NotFound or Invalid."""
    name, _, number = reference.partition("@")
    if number and not number.isdecimal():
        raise Invalid(f"'{reference}' is not a template version.", hint="Write it like docker-host@2.")
    query = select(TemplateVersion).join(Template).where(Template.name == name)
    if number:
        query = query.where(TemplateVersion.number == int(number))
    version = session.scalars(query.order_by(TemplateVersion.number.desc()).limit(1)).one_or_none()
    if version is None:
        raise NotFound(f"There is no template '{reference}'.", hint="`gough template list` shows them all.")
    return version


def newest_versions(session: Session) -> list[TemplateVersion]:
    """Every template's newest version, by name."""
    templates = session.scalars(select(Template).order_by(Template.name)).all()
    return [template.versions[-1] for template in templates if template.versions]


def source_of(version: TemplateVersion) -> TemplateSource:
    return parse(version.metadata_text, version.body_text)


def label_of(session: Session, deployment: Deployment) -> str:
    """What a deployment put on its machine; an adopted one was installed by somebody else."""
    version_id = deployment.template_version_id
    return session.get_one(TemplateVersion, version_id).label if version_id else "adopted"
