"""The documents that people read, and what can be taken out of them."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))

_BLOCK = re.compile(r"^(?: {4}.*\n?)+", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"(?:src|tests|tools|bench|apps|agent|docs|cloud-init|requirements)/[\w./-]*")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def commands(text: str, program: str) -> Iterator[str]:
    """Command lines that begin with `program`: in indented blocks, and between backticks."""
    lines = [line for block in _BLOCK.findall(text) for line in block.splitlines()]
    for code in [*lines, *_INLINE.findall(_FENCE.sub("", text))]:
        line = code.strip().removeprefix("$ ").partition("#")[0].strip()
        if line == program or line.startswith(f"{program} "):
            yield line


def paths(text: str) -> Iterator[str]:
    """Between backticks, what begins like a file or folder of this tree; patterns are none."""
    yield from (code for code in _INLINE.findall(_FENCE.sub("", text)) if _PATH.fullmatch(code))


def links(text: str) -> Iterator[str]:
    yield from _LINK.findall(_FENCE.sub("", text))


def anchors(text: str) -> set[str]:
    """What a heading is called in a link, as web views of Markdown make it."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def first_column(text: str, heading: str) -> set[str]:
    """What stands between backticks in the first column of the tables under `## heading`."""
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))
