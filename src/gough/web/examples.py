"""An example of every model, from its declaration: what a field says itself, else what its name means, else its kind.

One place for names, since the same word means the same in every answer.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

MOMENT = "2026-01-01T12:00:00.000Z"
BY_NAME: Mapping[str, Any] = {
    "action": "release", "actor": "ada", "address": "10.20.0.5", "agent_version": "0.1.0", "api_key": "a:b:c",
    "asked_by": "ada", "cause": "power-failed", "checksum": "9f86d081884c7d65", "code": "123456",
    "command": "collect-now",
    "created_by": "ada", "cursor": "", "days": ["sat", "sun"], "description": "", "enrolment_token": "from-user-data",
    "fqdn": "node-01.example", "fabric": "fabric-0", "hostname": "node-01", "id": "0123456789abcdef",
    "ip_addresses": ["10.20.0.5"], "key_hash": "0" * 64, "kind": "deployment", "label": "docker-host@2",
    "level": "info",
    "link": "https://gough.example/reset?secret=once", "mac_addresses": ["52:54:00:12:34:56"],
    "machine": "node-01", "machine_id": "mac_0123456789abcdef", "message": "install done", "metadata": "name: web\n",
    "minutes": 240, "name": "weekend", "networks": ["10.0.0.0/8"], "next_action": "", "next_cursor": None,
    "operations": [], "outcome": "done", "owner": "ada", "password": "a long pass phrase", "permissions": ["view"],
    "pool": "default", "power_type": "ipmi", "reason": "", "region": "default", "role": "operator", "scopes": ["view"],
    "secret": "shown-once", "series": "noble", "server_time": MOMENT, "serial": "SN0001234", "sha256": "0" * 64,
    "site": "dc-1", "source": "gough", "start": "22:00", "stage": "install", "state": "done", "system_id": "abc123",
    "tags": ["ssd"], "template": "docker-host", "timezone": "UTC", "url": "http://maas.example:5240/MAAS/",
    "user_data_sha256": "0" * 64, "username": "gough", "version": "0.1.0", "zone": "default",
}  # fmt: skip


def example_of(model: type[BaseModel], *, whole: bool) -> dict[str, Any]:
    """Valid by the model's own schema. Not `whole`: only what must be there, and what says an example of itself."""
    shown = {}
    for name, field in model.model_fields.items():
        if whole or field.is_required() or field.examples:
            shown[field.alias or name] = _of_field(name, field, whole=whole)
    return shown


def _of_field(name: str, field: FieldInfo, *, whole: bool) -> Any:
    if field.examples:
        return field.examples[0]
    kinds = [field.annotation, *(part for part in get_args(field.annotation) if part is not NoneType)]
    if name in BY_NAME and any(_is_of(kind, BY_NAME[name]) for kind in kinds):
        return BY_NAME[name]
    return _of_kind(field.annotation, field.metadata, whole=whole)


def _is_of(kind: Any, value: Any) -> bool:
    """Whether a word of the table can stand here at all: `version` is a text of MAAS's, and a template's number."""
    if value is None:
        return kind is NoneType
    if get_origin(kind) is list:
        return isinstance(value, list) and get_args(kind)[0] is str
    return isinstance(kind, type) and type(value) is kind


def _of_kind(kind: Any, rules: list[Any], *, whole: bool) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        told = next((each for each in parts[1:] if isinstance(each, FieldInfo) and each.examples), None)
        return told.examples[0] if told and told.examples else _of_kind(parts[0], list(parts[1:]), whole=whole)
    if origin in (Union, UnionType):
        return _of_kind(next(part for part in parts if part is not NoneType), rules, whole=whole)
    if origin is Literal:
        return parts[0]
    if origin is list:
        return [_of_kind(parts[0], [], whole=whole)]
    if origin is dict:
        return {}
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return example_of(kind, whole=whole)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind)).value
    return _plain(kind, rules)


def _plain(kind: Any, rules: list[Any]) -> Any:
    least = next((each.ge for each in rules if getattr(each, "ge", None) is not None), 1)
    plain: Mapping[Any, Any] = {
        bool: False,
        int: least,
        float: float(least),
        str: "text",
        datetime: MOMENT,
        AwareDatetime: MOMENT,
    }
    return plain.get(kind, {})
