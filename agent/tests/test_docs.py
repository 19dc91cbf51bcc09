"""The protocol's document against its schema and the code."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from gough_agent.heartbeat import observe
from gough_agent.main import USAGE

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
    expected = {"enroll_request", "enroll_response", "heartbeat_request", "heartbeat_response"}
    assert {name for name, _ in EXAMPLES} == expected


def test_every_field_sent_is_in_the_schema() -> None:
    seen = observe()
    assert set(seen) <= set(SCHEMA["$defs"]["heartbeat_request"]["properties"])
    samples = seen["samples"]
    assert isinstance(samples, dict)
    for name, sample in samples.items():
        assert set(sample) == set(SCHEMA["$defs"][f"{name}_sample"]["properties"])


def test_every_setting_is_documented() -> None:
    for name in re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", USAGE):
        assert f"`{name}`" in TEXT
