"""A MIME multipart document as cloud-init reads it, the same bytes for the same parts.

cloud-init parses user-data as text, which spoils 8-bit parts: a part is either plain ASCII in short lines or base64.
"""

import base64
import email
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message

_PLAIN = re.compile(r"[\t\n\x20-\x7e]*")
_LINE_LIMIT = 900  # RFC 5322 allows 998


@dataclass(frozen=True, slots=True)
class Part:
    """`content` ends with a newline."""

    content_type: str
    filename: str
    content: str


def assemble(parts: Sequence[Part]) -> bytes:
    bodies = [_headed(part) for part in parts]
    # No part can hold a hash of itself, so the boundary stands in none of them.
    boundary = "gough-" + hashlib.sha256("\0".join(bodies).encode()).hexdigest()[:32]
    head = f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{boundary}"\n\n'
    return (head + "".join(f"--{boundary}\n{body}\n" for body in bodies) + f"--{boundary}--\n").encode("ascii")


def take_apart(document: bytes) -> list[Part]:
    """The parts of a document that `assemble` made; anything else is one part of text."""
    message = email.message_from_bytes(document)
    if not message.is_multipart():
        return [Part("text/plain", "", document.decode("utf-8", "replace"))]
    return [_part(message) for message in message.walk() if not message.is_multipart()]


def _part(message: Message) -> Part:
    content = message.get_payload(decode=True)
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
    return Part(message.get_content_type(), message.get_filename() or "", text)


def _headed(part: Part) -> str:
    plain = _PLAIN.fullmatch(part.content) and max(map(len, part.content.split("\n"))) <= _LINE_LIMIT
    body = part.content if plain else base64.encodebytes(part.content.encode()).decode()
    return (
        f'Content-Type: {part.content_type}; charset="utf-8"\n'
        f'Content-Disposition: attachment; filename="{part.filename}"\n'
        f"Content-Transfer-Encoding: {'7bit' if plain else 'base64'}\n\n{body}"
    )
