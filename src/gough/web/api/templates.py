"""Templates: their newest versions, each version, making new ones."""

from dataclasses import asdict
from typing import Any

from pydantic import Field

from gough.cloud_init import Finding, Texts
from gough.domain.errors import Conflict, Invalid, NotFound
from gough.domain.permissions import Permission
from gough.persistence.models import TemplateVersion
from gough.services import template_editing, templates
from gough.services.template_shape import details, summary
from gough.services.templates import Imported
from gough.web.api.machines import Strict
from gough.web.message import Answer, Request, as_json, moment
from gough.web.operation import operation


class Written(Strict):
    """The files of a template's folder; `body` is user-data.yaml, `parts` are those of parts/, without `.yaml`."""

    metadata: str = Field(min_length=1, max_length=262_144)
    body: str | None = Field(None, max_length=262_144)
    parts: dict[str, str] = Field(default_factory=dict, max_length=100)
    tests: str = Field("", max_length=262_144)

    @property
    def texts(self) -> Texts:
        return Texts(self.metadata, self.body, self.parts, self.tests)


class New(Written):
    note: str = Field("", max_length=500)


class Earlier(Strict):
    version: int = Field(ge=1, le=10**9)


@operation("GET /api/v1/templates", permission=Permission.VIEW, summary="Every template and its variables.")
def listed(request: Request) -> Answer:
    with request.use.database.read() as session:
        return as_json({"items": [shaped(summary(version)) for version in templates.newest_versions(session)]})


@operation(
    "GET /api/v1/templates/<name>", permission=Permission.VIEW, summary="One version, whole: `name` or `name@2`.",
    raises=(NotFound, Invalid),
)  # fmt: skip
def one(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        return as_json(shaped(details(templates.find_version(session, name))))


@operation(
    "GET /api/v1/templates/<name>/versions", permission=Permission.VIEW, summary="Every version, newest first.",
    raises=(NotFound, Invalid),
)  # fmt: skip
def versions(request: Request, name: str) -> Answer:
    with request.use.database.read() as session:
        return as_json({"items": [shaped(summary(version)) for version in templates.versions(session, name)]})


@operation(
    "POST /api/v1/templates", permission=Permission.MANAGE, body=New, raises=(Invalid,),
    summary="A new version from its texts; 200 when the newest has this content already.",
)  # fmt: skip
def create(request: Request, body: New) -> Answer:
    return _made(request, template_editing.create(request.use, body.texts, by=request.by, note=body.note))


@operation(
    "POST /api/v1/templates/validate", permission=Permission.DEPLOY, body=Written,
    summary="Everything that can be said about a template; nothing is stored.",
)  # fmt: skip
def validate(request: Request, body: Written) -> Answer:
    verdict = template_editing.judge(request.use, body.texts)
    found = {"name": verdict.source.name, "checksum": verdict.source.checksum} if verdict.source else {}
    return as_json({"valid": verdict.is_valid, "findings": findings(verdict.findings), **found})


@operation(
    "POST /api/v1/templates/<name>/revert", permission=Permission.MANAGE, body=Earlier,
    summary="The content of an earlier version as the newest one.", raises=(NotFound, Invalid, Conflict),
)  # fmt: skip
def revert(request: Request, name: str, body: Earlier) -> Answer:
    return _made(request, template_editing.revert(request.use, f"{name}@{body.version}", by=request.by))


def shaped(found: dict[str, Any]) -> dict[str, Any]:
    return found | {"created_at": moment(found["created_at"])}


def findings(found: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """`file` is empty for the template's own user-data.yaml; `pointer` is the place in words."""
    return [asdict(each) | {"severity": each.severity.value, "pointer": str(each.mark)} for each in found]


def _made(request: Request, imported: Imported) -> Answer:
    with request.use.database.read() as session:
        version: TemplateVersion = templates.find_version(session, imported.label)
        location = (("Location", f"/api/v1/templates/{imported.label}"),)
        return as_json(shaped(summary(version)), 201 if imported.is_new else 200, location)
