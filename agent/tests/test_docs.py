"""The protocol's document against its schema and the code."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from gough_agent.collector import FEW_MINUTES, HOUR, MINUTE, REGISTRY
from gough_agent.heartbeat import observe
from gough_agent.main import USAGE
from gough_agent.survey import Survey

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((DOCS / "agent-wire-v1.schema.json").read_text())
TEXT = (DOCS / "agent-protocol.md").read_text()
EXAMPLES = re.findall(r"^```json (\w+)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_examples_fit_the_schema(name: str, example: str) -> None:
    schema = {**SCHEMA, "$ref": f"#/$defs/{name}"}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(json.loads(example))


def test_every_message_has_an_example() -> None:
    messages = {name for name in SCHEMA["$defs"] if name.endswith(("_request", "_response"))}
    assert {name for name, _ in EXAMPLES} == messages


def test_every_field_sent_is_in_the_schema() -> None:
    seen = observe(Survey())
    assert set(seen) <= set(SCHEMA["$defs"]["heartbeat_request"]["properties"])
    samples = seen["samples"]
    assert isinstance(samples, dict)
    for name, sample in samples.items():
        assert set(sample) == set(SCHEMA["$defs"][f"{name}_sample"]["properties"])
    assert set(SCHEMA["$defs"]["heartbeat_request"]["properties"]["samples"]["properties"]) == set(REGISTRY)


def test_the_table_of_collectors_is_theirs() -> None:
    table = re.findall(r"^\| `(\w+)` \| (each heartbeat|1 min|5 min|1 h) \|", TEXT, re.MULTILINE)
    periods = {0.0: "each heartbeat", MINUTE: "1 min", FEW_MINUTES: "5 min", HOUR: "1 h"}
    assert dict(table) == {name: periods[collector.every] for name, collector in REGISTRY.items()}


def test_every_setting_is_documented() -> None:
    for name in re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", USAGE):
        assert f"`{name}`" in TEXT
