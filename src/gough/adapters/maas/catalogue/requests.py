"""How the catalogue's requests are put together: one part of a path, and form fields."""

import re
from collections.abc import Sequence
from urllib.parse import quote

from gough.adapters.maas.http import Form
from gough.domain.errors import NotFound

Value = str | int | bool | Sequence[str]
_PART = re.compile(r"[\w-][\w.-]{0,255}")  # every name MAAS accepts; no slash, no dot in front


def part(kind: str, name: str | int) -> str:
    """A name or number as one part of a path. NotFound when it can be none: it would make another path."""
    if not _PART.fullmatch(str(name)):
        raise NotFound(f"MAAS: no {kind} can be called {str(name)[:40]!r}.")
    return quote(str(name), safe="")


def form(**fields: Value | None) -> Form:
    """What MAAS wants in a form: no field for None, `true` and `false`, a repeated field for a list."""
    return {name: _text(value) for name, value in fields.items() if value is not None}


def _text(value: Value) -> str | Sequence[str]:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else value
