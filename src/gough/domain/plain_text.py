"""Other systems' words, as they may be stored, printed and logged: with signs that terminals act on made visible."""

import re

# Control characters but line feed and tab; marks that turn the direction of writing; the two odd line ends.
_ACTED_ON = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def plain(text: str) -> str:
    """`\\x1b` instead of ESC, and so on. What is plain stays as it is."""
    return _ACTED_ON.sub(_visible, text)


def _visible(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"
