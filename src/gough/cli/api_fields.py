"""What `gough api` is given beside the address: fields and headers."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from gough.domain.errors import Invalid

Fields = list[tuple[str, Any]]


def pairs(texts: Sequence[str], typed: Sequence[str]) -> Fields:
    """Raises Invalid for what is not name=value, or no JSON."""
    return [*map(_split, texts), *((name, _parsed(name, value)) for name, value in map(_split, typed))]


def as_body(fields: Fields) -> bytes:
    """An object; a name that is there several times becomes a list."""
    found: dict[str, list[Any]] = {}
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return orjson.dumps({name: values if len(values) > 1 else values[0] for name, values in found.items()})


def as_text(value: Any) -> str:
    """As a parameter of an address has it."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def headers_of(texts: Sequence[str], usual: Mapping[str, str]) -> dict[str, str]:
    """`usual` ones, but where another is given, whatever its case. Raises Invalid for what is not name: value."""
    found = dict(usual)
    for text in texts:
        name, separator, value = text.partition(":")
        if not separator or not name.strip():
            raise Invalid(f"'{text}' is no header.", hint="Write it like 'If-Match: \"…\"'.")
        found = {known: kept for known, kept in found.items() if known.lower() != name.strip().lower()}
        found[name.strip()] = value.strip()
    return found


def _split(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise Invalid(f"'{text}' is not name=value.")
    return name, value


def _parsed(name: str, value: str) -> Any:
    try:
        return orjson.loads(value)
    except ValueError:
        raise Invalid(f"The value of {name} is no JSON: {value}", hint="-f takes it as text.") from None
