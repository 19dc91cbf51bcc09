"""Printing rows as a table for people, or as JSON or YAML for programs."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


Output = Annotated[Format, typer.Option("-o", "--output", help="How to print.")]
Row = Mapping[str, Any]
UNBROKEN = frozenset({"id", "hostname", "machine", "name", "service", "state", "at"})  # people copy these


def show(rows: Sequence[Row], columns: Sequence[str], form: Format) -> None:
    """Tables show `columns`; JSON and YAML give every field."""
    if form is Format.TABLE:
        _table(rows, columns)
    else:
        _dump(list(rows), form)


def show_one(row: Row, form: Format) -> None:
    if form is Format.TABLE:
        width = max(len(name) for name in row)
        for name, value in row.items():
            print(f"{name.replace('_', ' '):<{width}}  {cell(value)}")
    else:
        _dump(row, form)


def _dump(value: Any, form: Format) -> None:
    import orjson

    data = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z)
    if form is Format.JSON:
        print(data.decode())
        return
    import yaml

    print(yaml.safe_dump(orjson.loads(data), sort_keys=False, allow_unicode=True), end="")


def _table(rows: Sequence[Row], columns: Sequence[str]) -> None:
    if not rows:
        print("Nothing here yet.", file=sys.stderr)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " ").upper(), overflow="fold", no_wrap=column in UNBROKEN)
    for row in rows:
        table.add_row(*(cell(row.get(column)) for column in columns))
    # A pipe has no width to fit into; a reader at the other end wants whole lines.
    console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 400)
    console.print(table)


def cell(value: Any) -> str:
    """One value, short enough for a column."""
    match value:
        case None | "" | []:
            return "-"
        case datetime():
            return f"{ago(value)} ago"
        case list() | tuple():
            return ", ".join(str(item) for item in value)
        case _:
            return str(value)


def ago(moment: datetime) -> str:
    from gough.domain.durations import in_words

    return in_words(max(0.0, (datetime.now(UTC) - moment).total_seconds()))
