"""Long lists leave in batches and are one document all the same."""

import json
from collections.abc import Iterator

import pytest
import yaml

from gough.cli.output import Format
from gough.cli.streaming import BATCH, show_all, show_each


@pytest.mark.parametrize("count", [0, 1, BATCH, BATCH * 2 + 1])
@pytest.mark.parametrize(("form", "read"), [(Format.JSON, json.loads), (Format.YAML, yaml.safe_load)])
def test_batches_are_one_document(capsys, count, form, read) -> None:
    rows = [{"hostname": f"n{number}", "tags": ["a", "]"], "unit": None} for number in range(count)]
    show_all(iter(rows), ("hostname",), form)
    assert read(capsys.readouterr().out) == rows


def test_what_is_followed_is_printed_as_it_comes(capsys) -> None:
    def rows() -> Iterator[dict[str, str]]:
        yield {"at": "12:00", "kind": "a", "actor": ""}
        seen.append(capsys.readouterr().out)
        yield {"at": "12:01", "kind": "b: c", "actor": "ada"}

    expected = {
        Format.TABLE: ("12:00  a  -\n", "12:01  b: c  ada\n"),
        Format.JSON: ('{"at":"12:00","kind":"a","actor":""}\n', '{"at":"12:01","kind":"b: c","actor":"ada"}\n'),
        Format.YAML: ("---\nat: '12:00'\nkind: a\nactor: ''\n", "---\nat: '12:01'\nkind: 'b: c'\nactor: ada\n"),
    }
    for form, lines in expected.items():
        seen: list[str] = []
        show_each(rows(), ("at", "kind", "actor"), form)
        assert (*seen, capsys.readouterr().out) == lines
