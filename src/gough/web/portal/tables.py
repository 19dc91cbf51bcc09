"""Lists as files: CSV (RFC 4180) of all that matches, not of one page, streamed in small pieces."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from io import StringIO
from itertools import chain, islice
from typing import Any, TypeVar

from gough.services.keyset import Key
from gough.web.message import Answer, Request, moment

Row = TypeVar("Row")
Columns = Mapping[str, Callable[[Row], Any]]
"""{heading: the value of a row}"""

ROWS_AT_ONCE = 500
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def is_file(request: Request) -> bool:
    """Whether the list is asked for as a file: `?format=csv`."""
    return request.query.get("format") == "csv"


def as_file(name: str, columns: Columns[Row], rows: Iterable[Row]) -> Answer:
    """What is wrong with a filter is said now, with the first row, and not in the middle of a file."""
    remaining = iter(rows)
    first = list(islice(remaining, 1))
    headers = (
        ("Content-Type", "text/csv; charset=utf-8; header=present"),
        ("Content-Disposition", f'attachment; filename="gough-{name}.csv"'),
    )
    return Answer(200, _pieces(columns, chain(first, remaining)), headers)


def every(
    request: Request, page: Callable[[Any, Key | None], tuple[list[Row], Key | None]]
) -> Iterator[Row]:  # fmt: skip
    """All rows of a list in pages: `page(session, after)` gives one and the key of the next one's beginning.

    No transaction stays open while somebody downloads.
    """
    after: Key | None = None
    while True:
        with request.use.database.read() as session:
            rows, after = page(session, after)
        yield from rows
        if after is None:
            return


def _pieces(columns: Columns[Row], rows: Iterable[Row]) -> Iterator[bytes]:
    remaining = iter(rows)
    yield _lines([list(columns)])
    while some := list(islice(remaining, ROWS_AT_ONCE)):
        yield _lines([[_cell(value(row)) for value in columns.values()] for row in some])


def _lines(rows: Iterable[list[Any]]) -> bytes:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula begins with an apostrophe: what a server says is only text."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        value = " ".join(map(str, value))
    if isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(FORMULAS) else text
