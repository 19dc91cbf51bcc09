"""Files that say where machines stand: CSV of Gough's own or of NetBox's device list, JSON of NetBox's API.

The form is found from the content. Columns are known by their heading, whatever their order; others are passed over.
Source: NetBox 4, export of Devices (CSV) and `GET /api/dcim/devices/`.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any

from gough.domain.errors import Invalid, Problem

HEADINGS: Mapping[str, str] = {
    "system_id": "system_id", "hostname": "hostname", "name": "hostname", "fqdn": "hostname", "serial": "serial",
    "serial_number": "serial", "mac": "mac", "mac_address": "mac", "site": "site", "rack": "rack", "unit": "unit",
    "rack_unit": "unit", "position": "unit",
}  # fmt: skip
KEYS = ("system_id", "serial", "mac", "hostname")
PLACES = ("site", "rack", "unit")
SEPARATORS = ",;\t"
UNKNOWN = frozenset({"—", "–"})  # how NetBox's tables show nothing
REFUSED = "The file cannot be read."
EXPECTED = f"Its first line names columns: one or more of {', '.join(KEYS)}, and of {', '.join(PLACES)}."


@dataclass(frozen=True, slots=True)
class Row:
    """`where` is its place in the file, for people. `fields` has what its file has columns for, cleaned."""

    where: str
    fields: Mapping[str, str]


def read_rows(data: bytes) -> list[Row]:
    """Raises Invalid for a file that is none of these forms."""
    text = _text(data)
    rows = list(_json_rows(text) if text.lstrip()[:1] in ("{", "[") else _csv_rows(text))
    if not rows:
        raise Invalid(REFUSED, hint=EXPECTED, problems=[Problem("line 1", "there are no rows")])
    return rows


def _text(data: bytes) -> str:
    """UTF-8, or UTF-16 as spreadsheets write it; with or without a mark at its beginning."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problems = [Problem(f"line {line}", "is not UTF-8")]
        raise Invalid(REFUSED, hint="Save it as UTF-8.", problems=problems) from None


def _csv_rows(text: str) -> Iterator[Row]:
    first = text.partition("\n")[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(SEPARATORS, key=first.count))
    begun = 0
    try:
        names = [_heading(cell) for cell in next(reader, [])]
        _require_columns(names)
        begun = reader.line_num
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(f"line {begun + 1}", _fields(zip(names, cells, strict=False)))
            begun = reader.line_num
    except csv.Error as error:
        raise Invalid(REFUSED, problems=[Problem(f"line {begun + 1}", str(error))]) from None


def _json_rows(text: str) -> Iterator[Row]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(REFUSED, problems=[Problem("line 1", f"is not JSON: {error}")]) from None
    if isinstance(found, dict):
        _require_whole(found)
        found = found.get("results")
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        hint = "Give NetBox's answer as it is, or a list of objects."
        raise Invalid(REFUSED, hint=hint, problems=[Problem("line 1", "is no list of devices")])
    _require_columns([_heading(name) for item in found for name in item])
    for number, item in enumerate(found, start=1):
        yield Row(f"item {number}", _fields((_heading(name), _named(value)) for name, value in item.items()))


def _require_whole(answer: Mapping[str, Any]) -> None:
    """NetBox gives 50 devices an answer unless it is asked for more; half a list would look like success."""
    if answer.get("next"):
        hint = "Ask for all of it: GET /api/dcim/devices/?limit=0, or export CSV."
        raise Invalid(REFUSED, hint=hint, problems=[Problem("next", "this is one page of several")])


def _require_columns(names: list[str]) -> None:
    if not set(names) & set(KEYS) or not set(names) & set(PLACES):
        raise Invalid(REFUSED, hint=EXPECTED, problems=[Problem("line 1", "names no machine, or no location")])


def _heading(cell: str) -> str:
    """The name we have for a column; empty for one that says nothing to us."""
    return HEADINGS.get(cell.strip().lower().replace(" ", "_"), "")


def _named(value: Any) -> str:
    """NetBox nests what a field refers to: {"id": 1, "name": "S1", …}."""
    if isinstance(value, dict):
        value = value.get("name")
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _fields(pairs: Any) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        clean = value.strip()
        if name and not fields.get(name):  # of two columns for the same, the first that says something
            fields[name] = "" if clean in UNKNOWN else clean
    return fields
