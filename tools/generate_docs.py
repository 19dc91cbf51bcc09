"""Writes the generated parts of docs/ from the code: `make docs`. With `--check` it writes nothing, exit 1 when stale.

A part stands between `<!-- generated: name -->` and `<!-- end: name -->`; `.env.example` is generated as a whole.
"""

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.docparts import api, decisions, diagnosis, lab, settings, stages, statuses, templates

ROOT = Path(__file__).resolve().parents[1]

PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "docs/architecture.md": {
        "deployment": stages.deployment,
        "other-jobs": stages.others,
        "maas-statuses": statuses.table,
    },
    "docs/api.md": {"operations": api.operations},
    "docs/templates.md": {"variable-keys": templates.keys, "library": templates.library},
    "docs/diagnosis.md": {"rules": diagnosis.rules, "scripts": diagnosis.scripts, "faults": lab.faults},
    "docs/operations.md": {"settings": settings.table, "exit-codes": settings.exit_codes},
    "docs/decisions/README.md": {"index": lambda: decisions.index(ROOT / "docs" / "decisions")},
}
WHOLE: Mapping[str, Callable[[], str]] = {".env.example": settings.example}


class MarkerMissing(Exception):
    """A document lacks the place for a part."""


def generated() -> dict[Path, str]:
    """{file: its text as it should be}. Raises MarkerMissing."""
    files = {ROOT / name: make() for name, make in WHOLE.items()}
    for name, parts in PARTS.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        for part, make in parts.items():
            text = put(text, part, make())
        files[ROOT / name] = text
    return files


def put(text: str, part: str, content: str) -> str:
    """`text` with `content` between the markers of `part`. Raises MarkerMissing."""
    begin, end = f"<!-- generated: {part} -->", f"<!-- end: {part} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    filled, count = pattern.subn(lambda _: f"{begin}\n\n{content.strip()}\n\n{end}", text)
    if count != 1:
        raise MarkerMissing(f"the markers of '{part}' stand {count} times; they must stand once")
    return filled


def stale() -> list[Path]:
    """The files whose generated parts are not what the code says now."""
    return [path for path, text in generated().items() if not path.is_file() or path.read_text("utf-8") != text]


def main() -> int:
    if "--check" in sys.argv[1:]:
        outdated = stale()
        for path in outdated:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale: run `make docs`.\n")
        return 1 if outdated else 0
    for path, text in generated().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
