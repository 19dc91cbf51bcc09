"""The index of docs/decisions: each record's number, title and status."""

from pathlib import Path

from tools.docparts import table


def index(folder: Path) -> str:
    records = sorted(folder.glob("[0-9]*.md"))
    return table(("", "decision"), (_row(record) for record in records))


def _row(record: Path) -> tuple[str, str]:
    """A record begins with `# Title`; its file's name begins with its number."""
    title = record.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    return record.name.partition("-")[0], f"[{title}]({record.name})"
