"""Template variables on the command line."""

from pathlib import Path

from gough.domain.errors import Invalid


def parse(given: list[str]) -> dict[str, str | list[str]]:
    """`name=value`; `name=@file` reads a file; a name given twice becomes a list."""
    values: dict[str, str | list[str]] = {}
    for item in given:
        name, separator, value = item.partition("=")
        if not separator:
            raise Invalid(f"'{item}' is not name=value.")
        if value.startswith("@"):
            value = _read(value[1:])
        match values.get(name):
            case None:
                values[name] = value
            case str() as first:
                values[name] = [first, value]
            case list() as several:
                several.append(value)
    return values


def _read(path: str) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from error
