"""The file of contexts: servers by name, and which one is used. Secrets are in files of their own.

current = "prod"

[contexts.prod]
url = "https://gough.example"
token_file = "/home/ada/.config/gough/prod.key"
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gough.cli.places import config_file
from gough.cli.private_files import write_private
from gough.domain.errors import Misconfigured, NotFound

EMBEDDED = "embedded"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(frozen=True, slots=True)
class Context:
    """A server, and how to reach it. Without a `token_file`, `gough login` has signed in."""

    name: str
    url: str
    token_file: Path | None = None
    ca_file: Path | None = None
    allow_http: bool = False


@dataclass(frozen=True, slots=True)
class Contexts:
    """`current` is empty while nothing was chosen."""

    by_name: Mapping[str, Context] = field(default_factory=dict)
    current: str = ""

    def find(self, name: str) -> Context:
        """Raises NotFound."""
        if name not in self.by_name:
            raise NotFound(f"There is no context '{name}'.", hint="`gough context list` shows them all.")
        return self.by_name[name]


def read() -> Contexts:
    """None where there is no file. Raises Misconfigured for a file that is not as it should be."""
    path = config_file()
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        contexts = {str(name): _context(str(name), about) for name, about in found.get("contexts", {}).items()}
        return Contexts(contexts, str(found.get("current", "")))
    except FileNotFoundError:
        return Contexts()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        said = f"{path} cannot be read as contexts: {error}."
        raise Misconfigured(said, hint="Correct the file, or move it away and add the contexts again.") from error


def write(contexts: Contexts) -> None:
    lines = [f"current = {_quoted(contexts.current)}"] if contexts.current else []
    for each in contexts.by_name.values():
        lines += ["", f"[contexts.{_quoted(each.name)}]", f"url = {_quoted(each.url)}"]
        lines += [f"{name} = {_quoted(str(path))}" for name, path in _paths(each) if path is not None]
        lines += ["allow_http = true"] if each.allow_http else []
    write_private(config_file(), "\n".join(lines).strip() + "\n")


def _context(name: str, about: Mapping[str, Any]) -> Context:
    paths = {key: Path(about[key]).expanduser() for key in ("token_file", "ca_file") if about.get(key)}
    return Context(name, str(about["url"]), **paths, allow_http=about.get("allow_http") is True)


def _paths(each: Context) -> tuple[tuple[str, Path | None], ...]:
    return (("token_file", each.token_file), ("ca_file", each.ca_file))


def _quoted(text: str) -> str:
    """A string of JSON is one of TOML, but for DEL, which no name or path of ours has."""
    return json.dumps(text, ensure_ascii=False)
