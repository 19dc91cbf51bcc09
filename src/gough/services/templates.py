"""Templates: importing the library as immutable versions, finding one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.cloud_init import TemplateSource, discover
from gough.cloud_init.examine import problems_of
from gough.domain.errors import Invalid, NotFound, Problem
from gough.persistence.models import Deployment, Template, TemplateVersion
from gough.services.context import Use
from gough.services.template_versions import add, known_in, last_of_archived, newest_of, source_of, with_checksum

__all__ = [
    "Imported", "find_version", "import_folder", "import_library", "label_of", "newest_versions", "source_of",
    "versions",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Imported:
    """`is_new`: the content was not there before, so a version was added."""

    label: str
    is_new: bool


def import_library(use: Use, folder: Path, *, by: str) -> list[Imported]:
    """Every template below `folder`; content that any version ever had adds nothing, nor does an archived template.

    So what comes with Gough does not undo at each start what people have reverted, changed or taken away.
    """
    return _import(use, folder, by, _known)


def import_folder(use: Use, folder: Path, *, by: str) -> list[Imported]:
    """Every template below `folder`, once all have been examined; each becomes the newest, if it is not already.

    Raises Invalid with every error; then nothing was imported.
    """
    with use.database.read() as session:
        found = discover(folder, known_in(session))
    problems = [Problem(f"{s.name}: {each.pointer}", each.message) for s in found for each in problems_of(s)]
    if problems:
        raise Invalid("Some templates cannot be used.", problems=problems)
    return _import(use, folder, by, _newest_if_same)


def find_version(session: Session, reference: str) -> TemplateVersion:
    """`docker-host` is its newest version, `docker-host@2` exactly that one. Raises NotFound or Invalid."""
    name, _, number = reference.partition("@")
    if number and not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise Invalid(f"'{reference}' is not a template version.", hint="Write it like docker-host@2.")
    query = select(TemplateVersion).join(Template).where(Template.name == name, Template.archived_at.is_(None))
    if number:
        query = query.where(TemplateVersion.number == int(number))
    version = session.scalars(query.order_by(TemplateVersion.number.desc()).limit(1)).one_or_none()
    if version is None:
        raise NotFound(f"There is no template '{reference}'.", hint="`gough template list` shows them all.")
    return version


def versions(session: Session, name: str) -> list[TemplateVersion]:
    """Every version, newest first. Raises NotFound."""
    find_version(session, name)
    query = select(TemplateVersion).join(Template).where(Template.name == name)
    return list(session.scalars(query.order_by(TemplateVersion.number.desc())))


def newest_versions(session: Session) -> list[TemplateVersion]:
    """Every template's newest version, by name."""
    present = select(Template).where(Template.archived_at.is_(None))
    templates = session.scalars(present.order_by(Template.name)).all()
    return [template.versions[-1] for template in templates if template.versions]


def label_of(session: Session, deployment: Deployment) -> str:
    """What a deployment put on its machine; an adopted one was installed by somebody else."""
    version_id = deployment.template_version_id
    return session.get_one(TemplateVersion, version_id).label if version_id else "adopted"


def _import(
    use: Use, folder: Path, by: str, present: Callable[[Session, TemplateSource], TemplateVersion | None]
) -> list[Imported]:
    made = []
    with use.database.write() as session:
        for source in discover(folder, known_in(session)):
            version = present(session, source)
            new = version is None
            made.append(Imported((version or add(use, session, source, by=by)).label, new))
    return made


def _known(session: Session, source: TemplateSource) -> TemplateVersion | None:
    same = with_checksum(session, source.name, source.checksum)
    return same or last_of_archived(session, source.name)


def _newest_if_same(session: Session, source: TemplateSource) -> TemplateVersion | None:
    newest = newest_of(session, source.name)
    return newest if newest is not None and newest.checksum == source.checksum else None
