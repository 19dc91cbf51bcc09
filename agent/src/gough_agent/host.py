"""Where this machine's files are seen from here, and what collectors may be told about it."""

import os
from pathlib import Path

from gough_agent.env_file import with_env_file


def root() -> Path:
    """Another folder than / in a container that has the machine's files mounted there."""
    return Path(os.environ.get("GOUGH_HOST_ROOT") or "/")


def path(name: str) -> Path:
    """`name` as the machine itself says it."""
    return root() / name.lstrip("/")


def is_here() -> bool:
    """Whether a program that runs here sees the machine itself."""
    return str(root()) == "/"


def proc() -> Path:
    seen = path("proc")
    return seen if (seen / "stat").exists() else Path("/proc")


def read(name: str) -> str | None:
    """The text without spaces around; None where there is no such file."""
    try:
        return path(name).read_text(encoding="utf-8", errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None


def setting(name: str, default: str) -> str:
    return with_env_file(os.environ).get(name, default)
