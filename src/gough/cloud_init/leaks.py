"""Secrets written in plain text, where a variable of type secret belongs.

Works on the rendered configuration with the values of secret variables masked: what still looks like a secret is
one that Gough could not hide from people who may read the template or the deployment.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping

Path = tuple[str | int, ...]
MASK = "***"

_PASSWORD_KEYS = {"passwd", "hashed_passwd", "plain_text_passwd", "password"}
_NO_PASSWORD = {"", "*", "!", "!!", "x", "RANDOM", "R"}
_SHAPES = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "an AWS key": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a GitHub token": re.compile(r"\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})"),
    "a GitLab token": re.compile(r"\bglpat-[A-Za-z0-9_-]{20,}"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a Google API key": re.compile(r"\bAIza[A-Za-z0-9_-]{35}"),
    "a signed token (JWT)": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "a Gough API key": re.compile(r"\bgough_[A-Za-z0-9]{6,}_[A-Za-z0-9_-]{20,}"),
    "a password hash": re.compile(r"\$(1|2[aby]|5|6|7|y|argon2id?)\$[A-Za-z0-9./,=$]{20,}"),
    "a password in an address": re.compile(r"\b[a-z][a-z0-9+.-]*://[^/\s:@'\"]+:(?!\*\*\*@)[^/\s:@'\"$]+@"),
}
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]{24,}={0,2}\s*")


def leaks(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Where something secret stands, and what it looks like."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _by_key(str(key), item, (*path, str(key)))
            yield from leaks(item, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaks(item, (*path, index))
    elif isinstance(value, str):
        for text in (value, _decoded(value)):
            yield from ((path, what) for what, shape in _SHAPES.items() if shape.search(text))


def _by_key(key: str, value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if key in _PASSWORD_KEYS and isinstance(value, (str, int)) and not isinstance(value, bool):
        # A hash is told by its shape, once.
        if not _masked(str(value)) and not _SHAPES["a password hash"].search(str(value)):
            yield path, "a password"
    elif path[-2:] == ("chpasswd", "list"):
        lines = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else []
        if any(not _masked(str(line).partition(":")[2].strip()) for line in lines):
            yield path, "a password"


def _masked(password: str) -> bool:
    return password in _NO_PASSWORD or MASK in password


def _decoded(text: str) -> str:
    if not _BASE64.fullmatch(text):
        return ""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "ignore")
    except binascii.Error:
        return ""
