"""Templates, each in its newest version."""

from typing import Any

from gough.domain.permissions import Permission
from gough.persistence.models import TemplateVersion
from gough.services import templates
from gough.web.message import Answer, Request, as_json, moment
from gough.web.operation import operation


@operation("GET /api/v1/templates", permission=Permission.VIEW, summary="Every template and its variables.")
def listed(request: Request) -> Answer:
    with request.use.database.read() as session:
        return as_json({"items": [_shape(version) for version in templates.newest_versions(session)]})


def _shape(version: TemplateVersion) -> dict[str, Any]:
    source = templates.source_of(version)
    return {
        "name": source.name,
        "version": version.number,
        "label": version.label,
        "description": source.description,
        "series": source.series,
        "created_by": version.created_by,
        "created_at": moment(version.created_at),
        "variables": [
            {
                "name": v.name, "type": v.type.value, "description": v.description, "default": v.default,
                "required": v.required, "pattern": v.pattern, "minimum": v.minimum, "maximum": v.maximum,
                "choices": v.choices, "item_type": v.item_type.value,
            }
            for v in source.variables
        ],
    }  # fmt: skip
