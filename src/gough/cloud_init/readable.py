"""Redacted user-data for people who compare: files of write_files as text, not as base64."""

import base64
import binascii
import re

_FILE = re.compile(r"printf %s '([A-Za-z0-9+/=\n]*)' \| base64 -d \| (put .*)")


def readable(redacted: str) -> str:
    """The same, with the content of each file that is text behind the line that writes it."""
    return _FILE.sub(lambda match: _opened(match[1], match[2]) or match[0], redacted)


def _opened(encoded: str, command: str) -> str:
    try:
        text = base64.b64decode("".join(encoded.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return "\n".join([command, *(f"    {line}" for line in text.splitlines())])
