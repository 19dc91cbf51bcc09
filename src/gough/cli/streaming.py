"""Printing a long list while it is still being read."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from gough.cli.output import Format, Row, cell, show

BATCH = 500


def show_all(rows: Iterable[Row], columns: Sequence[str], form: Format) -> None:
    """As `output.show` does; JSON and YAML leave in batches, so that memory does not grow with the list."""
    if form is Format.TABLE:
        show(list(rows), columns, form)
        return
    write = _json if form is Format.JSON else _yaml
    for text in write(_batches(rows)):
        sys.stdout.write(text)
    sys.stdout.flush()


def show_each(rows: Iterable[Row], columns: Sequence[str], form: Format) -> None:
    """Each row as it comes: a line of the columns, an object of JSON a line, or a document of YAML."""
    import orjson
    import yaml

    for row in rows:
        if form is Format.TABLE:
            text = "  ".join(cell(row.get(column)) for column in columns) + "\n"
        elif form is Format.JSON:
            text = orjson.dumps(row, option=orjson.OPT_UTC_Z).decode() + "\n"
        else:
            text = yaml.safe_dump(dict(row), sort_keys=False, allow_unicode=True, explicit_start=True)
        sys.stdout.write(text)
        sys.stdout.flush()


def _batches(rows: Iterable[Row]) -> Iterator[list[Any]]:
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield batch


def _json(batches: Iterator[list[Any]]) -> Iterator[str]:
    """One array: each batch without its own brackets."""
    import orjson

    begin = "[\n"
    for batch in batches:
        text = orjson.dumps(batch, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode()
        yield begin + text.removeprefix("[\n").removesuffix("\n]")
        begin = ",\n"
    yield "[]\n" if begin == "[\n" else "\n]\n"


def _yaml(batches: Iterator[list[Any]]) -> Iterator[str]:
    """One sequence: YAML's may follow each other."""
    import orjson
    import yaml

    is_empty = True
    for batch in batches:
        is_empty = False
        plain = orjson.loads(orjson.dumps(batch, option=orjson.OPT_UTC_Z))
        yield yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)
    if is_empty:
        yield "[]\n"
