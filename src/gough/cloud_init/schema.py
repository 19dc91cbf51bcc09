"""The cloud-config schema: cloud-init's own where it is installed, a smaller one of ours elsewhere."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from jsonschema import ValidationError
from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for

INSTALLED = Path("/usr/lib/python3/dist-packages/cloudinit/config/schemas/schema-cloud-config-v1.json")


@dataclass(frozen=True, slots=True)
class Fault:
    """`message` usually quotes `value`, which may be secret."""

    path: tuple[str | int, ...]
    message: str
    value: object


def faults(config: Mapping[str, object], installed: Path = INSTALLED) -> Iterator[Fault]:
    """What the schema objects to: the path in the config, and why. Silent about unknown top-level keys."""
    for error in _validator(installed).iter_errors(cast(Any, config)):
        if error.validator == "additionalProperties" and not error.absolute_path:
            continue
        # "not valid under any of the given schemas" helps nobody: look at the alternative that came closest.
        closest = cast(ValidationError, best_match([error]))
        yield Fault(tuple(closest.absolute_path), _short(closest.message), closest.instance)


def unknown_keys(config: Mapping[str, object], installed: Path = INSTALLED) -> list[str]:
    known = _ours()["properties"].keys() | _properties(_validator(installed).schema)
    return [key for key in config if key not in known]


@cache
def _validator(installed: Path) -> Validator:
    schema = json.loads(installed.read_text(encoding="utf-8")) if installed.is_file() else _ours()
    return validator_for(schema)(schema)


@cache
def _ours() -> dict[str, dict[str, object]]:
    text = files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
    return cast(dict[str, dict[str, object]], json.loads(text))


def _properties(schema: object) -> set[str]:
    """cloud-init's schema is the union of one definition a module, each with top-level keys of its own."""
    definitions = schema.get("$defs", {}) if isinstance(schema, Mapping) else {}
    return {
        key for name, part in definitions.items() if name.startswith("cc_") for key in part.get("properties", {})
    }  # fmt: skip


def _short(message: str) -> str:
    return message if len(message) <= 200 else message[:120] + " … " + message[-70:]
