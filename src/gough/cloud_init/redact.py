"""User-data as people may see it: every secret replaced by ***, wherever and however it is written."""

import base64
import binascii
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterable, Mapping

import yaml

from gough.cloud_init.compile import CLOUD_CONFIG, dump
from gough.cloud_init.leaks import MASK
from gough.cloud_init.mime import Part, take_apart

_BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{4}\s?)+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?(?![A-Za-z0-9+/=])"
)
_QUOTING = 3  # a template's `quote`, inside a runcmd item, inside a shell script
_UNPACKED_LIMIT = 16 * 1024 * 1024


def redact(user_data: bytes, secrets: Iterable[str]) -> str:
    """The parts one after the other, as text. Base64 that holds a secret becomes the base64 of the redacted content."""
    hide = masker(secrets)
    return hide("\n".join(_shown(part, hide) for part in take_apart(user_data)))


def masker(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that hides these secrets, and what quoting for a shell makes of them, in a text."""
    forms = {form for secret in secrets if secret for form in _forms(secret)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))

    def hide(text: str) -> str:
        for form in longest_first:
            text = text.replace(form, MASK)
            # What remained on both sides may have become the secret anew.
            while len(form) > len(MASK) and form in text:
                text = text.replace(form, MASK)
        return text

    return hide


def mask(value: object, hide: Callable[[str], str]) -> object:
    """The same data with its texts hidden; keys too, though nothing renders into them."""
    if isinstance(value, Mapping):
        return {hide(str(key)): mask(item, hide) for key, item in value.items()}
    if isinstance(value, list):
        return [mask(item, hide) for item in value]
    return hide(value) if isinstance(value, str) else value


def _forms(secret: str) -> list[str]:
    forms = [secret]
    for _ in range(_QUOTING):
        forms.append(forms[-1].replace("'", "'\"'\"'"))
    return forms


def _shown(part: Part, hide: Callable[[str], str]) -> str:
    content = part.content
    if part.content_type == CLOUD_CONFIG:
        # As YAML, since in its text a secret may be folded or escaped.
        data = yaml.safe_load(content)
        content = dump(mask(data, hide)) if isinstance(data, dict) else content  # type: ignore[arg-type]
    content = _BASE64.sub(lambda match: _blob(match[0], hide), hide(content))
    return f"# ---- {part.filename or 'user-data'} ({part.content_type})\n{content}"


def _blob(text: str, hide: Callable[[str], str]) -> str:
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        return text
    content = _unpacked(content)
    plain = content.decode("utf-8", "surrogateescape")
    hidden = hide(plain)
    if hidden == plain:
        return text
    return base64.encodebytes(hidden.encode("utf-8", "surrogateescape")).decode().rstrip("\n")


def _unpacked(content: bytes) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.GzipFile(fileobj=io.BytesIO(content)).read(_UNPACKED_LIMIT)
    except (OSError, EOFError, zlib.error):
        return content
