"""What a machine's serial console said last, without what only a terminal understands."""

import re

LINES, LONGEST = 6, 200
# ECMA-48's control sequences and escapes; firmware paints its menus with them.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[ -/]*[0-~])")
_CONTROLS = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")


def last_lines(said: str) -> tuple[str, ...]:
    """The last lines that say something, oldest first; at most LINES, each of at most LONGEST characters."""
    readable = _CONTROLS.sub("", _ESCAPES.sub("", said))
    lines = (" ".join(line.split()) for line in readable.splitlines())
    return tuple(line[:LONGEST] for line in lines if line)[-LINES:]
