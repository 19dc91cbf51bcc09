"""KEY=VALUE lines, as systemd's EnvironmentFile reads them, without its escapes and continuations."""

from collections.abc import Mapping
from pathlib import Path

from gough_agent.errors import ConfigInvalid


def with_env_file(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment over what the file at GOUGH_AGENT_ENV_FILE says; empty values count as not set."""
    name = environment.get("GOUGH_AGENT_ENV_FILE", "")
    values = _read(Path(name)) if name else {}
    values.update({key: value for key, value in environment.items() if value})
    return {key: value for key, value in values.items() if value}


def _read(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigInvalid(f"GOUGH_AGENT_ENV_FILE {path} cannot be read: {reason}") from error
    return dict(_pair(path, number, line) for number, line in enumerate(lines, 1) if _counts(line))


def _counts(line: str) -> bool:
    return bool(line.strip()) and line.lstrip()[0] not in "#;"


def _pair(path: Path, number: int, line: str) -> tuple[str, str]:
    key, equals, value = line.strip().removeprefix("export ").partition("=")
    if not equals or not key.strip().isidentifier():
        # The line itself isn't quoted: it may hold the token.
        raise ConfigInvalid(f"{path} line {number} is not KEY=VALUE: correct it or make it a comment with #")
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return key.strip(), value
