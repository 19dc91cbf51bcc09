"""Versions of templates: writing one down with all it was composed from, and reading it back."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.cloud_init import TemplateSource, Texts, parse_texts
from gough.cloud_init.source import Known
from gough.domain.errors import NotFound
from gough.persistence.models import Template, TemplateVersion
from gough.services.context import Use


def add(use: Use, session: Session, source: TemplateSource, *, by: str, note: str = "") -> TemplateVersion:
    """The next version of the template, which is made if there is none of that name."""
    # Held until the end of the transaction, so that two who add at a time get two numbers.
    query = select(Template).where(Template.name == source.name).with_for_update()
    template = session.scalars(query).one_or_none()
    if template is None:
        template = Template(name=source.name, created_at=use.database.now(session))
        session.add(template)
        session.flush()
    template.archived_at = None
    texts = source.texts
    content = {
        "checksum": source.checksum, "metadata_text": texts.metadata, "body_text": texts.body or "",
        "parts_text": dict(texts.parts), "tests_text": texts.tests,
        "ancestors": [_kept(session, ancestor) for ancestor in source.ancestors],
    }  # fmt: skip
    return _next(use, session, template, content, by, note)


def add_again(use: Use, session: Session, old: TemplateVersion, *, by: str) -> TemplateVersion:
    """The content of an earlier version as the next one, composed of just what it was composed of then."""
    template = session.scalars(select(Template).where(Template.id == old.template_id).with_for_update()).one()
    content = {name: getattr(old, name) for name in _CONTENT}
    return _next(use, session, template, content, by, f"reverted to {old.label}")


_CONTENT = ("checksum", "metadata_text", "body_text", "parts_text", "tests_text", "ancestors")


def _next(
    use: Use, session: Session, template: Template, content: Mapping[str, Any], by: str, note: str
) -> TemplateVersion:
    version = TemplateVersion(
        template=template, number=len(template.versions) + 1, created_by=by, note=note,
        created_at=use.database.now(session), **content,
    )  # fmt: skip
    session.add(version)
    session.flush()
    return version


def source_of(version: TemplateVersion) -> TemplateSource:
    """The template as it was when the version was made, whatever has become of what it extends."""
    return _source(_packed(_texts(version)), tuple(orjson.dumps(each) for each in version.ancestors))


def known_in(session: Session) -> Known:
    """Finds templates in their newest versions."""

    def find(name: str) -> TemplateSource:
        newest = newest_of(session, name)
        if newest is None:
            raise NotFound(f"There is no template {name}.", hint="`gough template list` shows them all.")
        return source_of(newest)

    return find


def newest_of(session: Session, name: str) -> TemplateVersion | None:
    """None for an archived template, too."""
    query = select(TemplateVersion).join(Template).where(Template.name == name, Template.archived_at.is_(None))
    return session.scalars(query.order_by(TemplateVersion.number.desc()).limit(1)).one_or_none()


def last_of_archived(session: Session, name: str) -> TemplateVersion | None:
    """None where there is no such template, or where it is in use."""
    query = select(TemplateVersion).join(Template).where(Template.name == name, Template.archived_at.is_not(None))
    return session.scalars(query.order_by(TemplateVersion.number.desc()).limit(1)).one_or_none()


def with_checksum(session: Session, name: str, checksum: str) -> TemplateVersion | None:
    """The newest of the versions with this content."""
    query = select(TemplateVersion).join(Template).where(Template.name == name, TemplateVersion.checksum == checksum)
    return session.scalars(query.order_by(TemplateVersion.number.desc()).limit(1)).one_or_none()


def _texts(version: TemplateVersion) -> Texts:
    return Texts(version.metadata_text, version.body_text or None, version.parts_text, version.tests_text)


def _kept(session: Session, ancestor: TemplateSource) -> dict[str, Any]:
    stored, texts = with_checksum(session, ancestor.name, ancestor.checksum), ancestor.texts
    return {
        "name": ancestor.name, "number": stored.number if stored else None, "checksum": ancestor.checksum,
        "texts": _as_json(texts),
    }  # fmt: skip


def _as_json(texts: Texts) -> dict[str, Any]:
    return {"metadata": texts.metadata, "body": texts.body, "parts": dict(texts.parts), "tests": texts.tests}


def _packed(texts: Texts) -> bytes:
    return orjson.dumps(_as_json(texts), option=orjson.OPT_SORT_KEYS)


@lru_cache(maxsize=64)
def _source(texts: bytes, ancestors: Sequence[bytes]) -> TemplateSource:
    """Content in, content out: nobody changes a version, and a wave of deployments asks for the same one."""
    known: dict[str, TemplateSource] = {}
    for ancestor in map(orjson.loads, ancestors):
        known[ancestor["name"]] = parse_texts(Texts(**ancestor["texts"]), _among(known))
    return parse_texts(Texts(**orjson.loads(texts)), _among(known))


def _among(known: Mapping[str, TemplateSource]) -> Known:
    def find(name: str) -> TemplateSource:
        if name not in known:
            raise NotFound(f"The version was stored without the template {name} that it extends.")
        return known[name]

    return find
