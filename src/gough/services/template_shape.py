"""A version of a template as programs see it, over the API and with `gough template show -o json`."""

from typing import Any

from gough.domain.variables import Variable
from gough.persistence.models import TemplateVersion
from gough.services.template_versions import source_of


def summary(version: TemplateVersion) -> dict[str, Any]:
    """What lists show."""
    source = source_of(version)
    return {
        "name": source.name,
        "version": version.number,
        "label": version.label,
        "checksum": version.checksum,
        "description": source.description,
        "series": source.series,
        "extends": [parent.name for parent in source.parents],
        "note": version.note,
        "created_by": version.created_by,
        "created_at": version.created_at,
        "variables": [variable_shape(variable) for variable in source.variables],
        "composed_of": [composed(each) for each in version.ancestors],
    }


def details(version: TemplateVersion) -> dict[str, Any]:
    """The texts too: as they were written, and the parts that they make together with the inherited ones."""
    source = source_of(version)
    return {
        **summary(version),
        "metadata": version.metadata_text,
        "body": source.texts.body,
        "own_parts": dict(version.parts_text),
        "tests": version.tests_text,
        "parts": [
            {"owner": part.owner, "name": part.name, "file": part.file, "text": part.text} for part in source.parts
        ],
    }


def composed(ancestor: dict[str, Any]) -> dict[str, Any]:
    number = ancestor["number"]
    label = f"{ancestor['name']}@{number}" if number else ancestor["name"]
    return {"label": label, "checksum": ancestor["checksum"]}


def variable_shape(v: Variable) -> dict[str, Any]:
    return {
        "name": v.name, "type": v.type.value, "description": v.description, "default": v.default,
        "required": v.required, "required_when": dict(v.required_when), "pattern": v.pattern, "minimum": v.minimum,
        "maximum": v.maximum, "choices": v.choices, "item_type": v.item_type.value, "item_minimum": v.item_minimum,
        "item_maximum": v.item_maximum, "form": v.form, "within": v.within,
    }  # fmt: skip
