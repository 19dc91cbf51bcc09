"""Long lists leave in batches and are one document all the same."""

import json

import pytest
import yaml

from gough.cli.output import Format
from gough.cli.streaming import BATCH, show_all


@pytest.mark.parametrize("count", [0, 1, BATCH, BATCH * 2 + 1])
@pytest.mark.parametrize(("form", "read"), [(Format.JSON, json.loads), (Format.YAML, yaml.safe_load)])
def test_batches_are_one_document(capsys, count, form, read) -> None:
    rows = [{"hostname": f"n{number}", "tags": ["a", "]"], "unit": None} for number in range(count)]
    show_all(iter(rows), ("hostname",), form)
    assert read(capsys.readouterr().out) == rows
