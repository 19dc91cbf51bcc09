"""Where the command line keeps its contexts and sign-ins; GOUGH_CONFIG names another file than the usual one."""

import os
from pathlib import Path


def config_file() -> Path:
    if named := os.environ.get("GOUGH_CONFIG"):
        return Path(named).expanduser()
    base = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(base).expanduser() / "gough" / "config.toml"


def sign_in_file(context: str) -> Path:
    """A context's tokens, beside the configuration."""
    return config_file().parent / "sign-ins" / f"{context}.json"
