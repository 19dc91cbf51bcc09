"""The settings this process runs with, as an administrator may see them: no secret, and no password in an address."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from gough.config import Settings


@dataclass(frozen=True, slots=True)
class Shown:
    """`source`: environment, file (NAME_FILE) or default. `value` is None for secrets, and for what is not set."""

    name: str
    source: str
    is_set: bool
    is_secret: bool
    value: str | None


def shown(settings: Settings) -> list[Shown]:
    """By name."""
    return sorted(_each(settings), key=lambda each: each.name)


def _each(settings: Settings) -> Iterator[Shown]:
    for attribute, field in Settings.model_fields.items():
        name, value = field.alias or attribute, getattr(settings, attribute)
        secret = "SecretStr" in str(field.annotation)
        given = attribute in settings.model_fields_set
        source = "default" if not given else "file" if name in settings.from_files else "environment"
        is_set = value not in (None, "", (), {})
        yield Shown(name, source, is_set, secret, None if secret or not is_set else _text(value))


def _text(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Mapping():
            return ",".join(f"{key}={_text(each)}" for key, each in value.items())
        case tuple():
            return ",".join(map(str, value))
        case SecretStr():
            return "***"
    return _without_password(str(value))


def _without_password(text: str) -> str:
    """A URL without what stands before its @."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return text
    if not (parts.scheme and "@" in parts.netloc):
        return text
    return parts._replace(netloc=f"***@{parts.netloc.rpartition('@')[2]}").geturl()
