"""Templates: their newest versions, each version, making new ones."""

from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from gough.cloud_init import Finding, Texts
from gough.domain.errors import Conflict, Invalid, NotFound
from gough.domain.permissions import Permission
from gough.persistence.models import TemplateVersion as VersionRow
from gough.services import template_archive, template_editing, templates
from gough.services.keyset import cut
from gough.services.template_shape import details, summary
from gough.services.templates import Imported
from gough.web.api.answers.templates import TemplateVersion, TemplateWhole, Verdict, VersionPage
from gough.web.api.machines import Strict
from gough.web.api.paging import ListQuery, as_page, by_name
from gough.web.body import BODY_CAP
from gough.web.message import Answer, Request, as_json, moment
from gough.web.operation import operation


class TemplateTexts(Strict):
    """The files of a template's folder; `body` is user-data.yaml, `parts` are those of parts/, without `.yaml`."""

    metadata: str = Field(min_length=1, max_length=262_144)
    body: str | None = Field(None, max_length=262_144)
    parts: dict[str, str] = Field(default_factory=dict, max_length=100)
    tests: str = Field("", max_length=262_144)

    @property
    def texts(self) -> Texts:
        return Texts(self.metadata, self.body, self.parts, self.tests)


class NewTemplate(TemplateTexts):
    note: str = Field("", max_length=500)


class EarlierVersion(Strict):
    version: int = Field(ge=1, le=10**9)


class TemplatesQuery(ListQuery):
    sort: Literal["name", "-name"] = "name"


class VersionsQuery(ListQuery):
    sort: Literal["-version", "version"] = "-version"


def edited(session: Session, name: str) -> list[str]:
    """A version never changes; another may be the newest."""
    found = templates.find_version(session, name)
    return [found.label, found.checksum]


@operation(
    "GET /api/v1/templates", permission=Permission.VIEW, query=TemplatesQuery, gives={200: VersionPage},
    summary="Templates in their newest versions, with their variables.",
)  # fmt: skip
def listed(request: Request, query: TemplatesQuery) -> Answer:
    with request.use.database.read() as session:
        found, key = cut(
            templates.newest_versions(session), lambda version: (version.template.name,), after=query.after(str),
            limit=query.limit, descends=query.descends,
        )  # fmt: skip
        return as_page([shaped(summary(version)) for version in found], VersionPage, query, key)


@operation(
    "GET /api/v1/templates/<name>", permission=Permission.VIEW, summary="One version, whole: `name` or `name@2`.",
    raises=(NotFound, Invalid), gives={200: TemplateWhole}, edited=edited,
)  # fmt: skip
def one(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        return as_json(shaped(details(templates.find_version(session, name))))


@operation(
    "GET /api/v1/templates/<name>/versions", permission=Permission.VIEW, summary="Every version of a template.",
    raises=(NotFound, Invalid), query=VersionsQuery, gives={200: VersionPage},
)  # fmt: skip
def versions(request: Request, name: str, query: VersionsQuery) -> Answer:
    with request.use.database.read() as session:
        found, key = by_name(templates.versions(session, name), query, part="number", kind=int)
        return as_page([shaped(summary(version)) for version in found], VersionPage, query, key)


@operation(
    "POST /api/v1/templates", permission=Permission.MANAGE, body=NewTemplate, raises=(Invalid,),
    gives={200: TemplateVersion, 201: TemplateVersion}, body_limit=BODY_CAP,
    summary="A new version from its texts; 200 when the newest has this content already.",
)  # fmt: skip
def create(request: Request, body: NewTemplate) -> Answer:
    return _made(request, template_editing.create(request.use, body.texts, by=request.by, note=body.note))


@operation(
    "PUT /api/v1/templates/<name>", permission=Permission.MANAGE, body=NewTemplate, raises=(NotFound, Invalid),
    gives={200: TemplateVersion, 201: TemplateVersion}, edited=edited, body_limit=BODY_CAP,
    summary="A new version, if nobody has made another meanwhile; 200 when the newest has this content already.",
)  # fmt: skip
def replace(request: Request, name: str, body: NewTemplate) -> Answer:
    return _made(request, template_editing.replace(request.use, name, body.texts, by=request.by, note=body.note))


@operation(
    "DELETE /api/v1/templates/<name>", permission=Permission.MANAGE, raises=(NotFound, Invalid, Conflict),
    gives={204: None}, edited=edited,
    summary="Take a template out of use. Its versions stay as history; a new version brings it back.",
)  # fmt: skip
def archive(request: Request, name: str) -> Answer:
    template_archive.archive(request.use, name)
    return Answer(204)


@operation(
    "POST /api/v1/templates/validate", permission=Permission.DEPLOY, body=TemplateTexts,
    gives={200: Verdict}, body_limit=BODY_CAP,
    summary="Everything that can be said about a template; nothing is stored.",
)  # fmt: skip
def validate(request: Request, body: TemplateTexts) -> Answer:
    verdict = template_editing.judge(request.use, body.texts)
    found = {"name": verdict.source.name, "checksum": verdict.source.checksum} if verdict.source else {}
    return as_json({"valid": verdict.is_valid, "findings": findings(verdict.findings), **found})


@operation(
    "POST /api/v1/templates/<name>/revert", permission=Permission.MANAGE, body=EarlierVersion,
    summary="The content of an earlier version as the newest one.", raises=(NotFound, Invalid, Conflict),
    gives={200: TemplateVersion, 201: TemplateVersion},
)  # fmt: skip
def revert(request: Request, name: str, body: EarlierVersion) -> Answer:
    return _made(request, template_editing.revert(request.use, f"{name}@{body.version}", by=request.by))


def shaped(found: dict[str, Any]) -> dict[str, Any]:
    return found | {"created_at": moment(found["created_at"])}


def findings(found: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """`file` is empty for the template's own user-data.yaml; `pointer` is the place in words."""
    return [asdict(each) | {"severity": each.severity.value, "pointer": str(each.mark)} for each in found]


def _made(request: Request, imported: Imported) -> Answer:
    with request.use.database.read() as session:
        version: VersionRow = templates.find_version(session, imported.label)
        location = (("Location", f"/api/v1/templates/{imported.label}"),)
        return as_json(shaped(summary(version)), 201 if imported.is_new else 200, location)
