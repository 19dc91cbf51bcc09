"""What is known against a locked version is told and fails; what a registry does not tell is counted and does not."""

import json
from pathlib import Path

import pytest

from tools import audit

FOUND = {
    "dependencies": [
        {"name": "safe", "version": "1.0", "vulns": []},
        {"name": "holey", "version": "2.1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.2", "3.0"]}]},
        {"name": "unheard-of", "skip_reason": "not found"},
    ]
}


def program(folder: Path, said: str, complaint: str = "") -> str:
    made = folder / "pip-audit"
    made.write_text(f"#!/bin/sh\ncat <<'END'\n{said}\nEND\necho '{complaint}' >&2\nexit 1\n")
    made.chmod(0o755)
    return str(made)


def test_what_is_known_is_told_with_the_version_that_mends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = audit.python(program(tmp_path, json.dumps(FOUND)), tmp_path / "runtime.txt")
    assert found == ["holey 2.1: PYSEC-1, mended in 2.2, 3.0"]
    told = capsys.readouterr().out
    assert told == "runtime.txt: 2 packages looked up; of 1 the registry tells no advisories\n"


def test_a_registry_that_does_not_answer_is_no_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.python(program(tmp_path, "", "no route to host"), tmp_path / "runtime.txt") == []
    assert capsys.readouterr().out == "runtime.txt: not looked up: no route to host\n"
