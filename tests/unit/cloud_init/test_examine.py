"""What is said about a template before anybody deploys it."""

import pytest

from gough.cloud_init import TemplateSource, discover, parse, sample_values
from gough.cloud_init.cases import failures, read_cases
from gough.cloud_init.examine import examine, problems_of
from gough.domain.errors import Invalid
from gough.domain.variables import check_values

METADATA = "name: web\nvariables:\n  - {name: port, type: int, maximum: 9}\n  - {name: path, default: /srv}\n"
BODY = "#cloud-config\nwrite_files:\n  - {path: '{{ path }}', content: x}\n"


def web(tests: str, body: str = BODY) -> TemplateSource:
    return parse(METADATA, body, tests=tests)


def test_a_template_that_keeps_its_promises():
    tests = (
        "accepted:\n  - {name: usual, variables: {port: 9}}\n"
        "refused:\n  - {name: high, variables: {port: 10}, at: [/variables/port]}\n"
        "  - {name: loose, variables: {path: srv}, at: ['line 3, column 12']}\n"
    )
    assert failures(web(tests)) == ()
    assert examine(web(tests)) == ()


@pytest.mark.parametrize(
    ("tests", "pointer", "words"),
    [
        ("accepted:\n  - {name: a, variables: {port: 10}}\n", "tests.yaml, line 2, column 5",
         "/variables/port: expected"),
        ("accepted:\n  - {name: a, variables: {path: srv}}\n", "tests.yaml, line 2, column 5", "line 3, column 12"),
        ("refused:\n  - {name: a, variables: {port: 9}, at: [/variables/port]}\n", "tests.yaml, line 2, column 5",
         "expected complaints at /variables/port, but there are some at nothing"),
        ("refused:\n  - {name: a, variables: {port: 10}, at: [/variables/path]}\n", "tests.yaml, line 2, column 5",
         "some at /variables/port"),
        ("refused:\n  - {name: a, variables: {}}\n", "tests.yaml, line 2, column 5", "at: Field required"),
        ("passing: []\n", "tests.yaml, line 1, column 1", "accepted and refused"),
        ("accepted: [\n", "tests.yaml, line 2, column 1", "not YAML"),
    ],
)  # fmt: skip
def test_a_broken_promise_is_told_where_it_was_made(tests, pointer, words):
    (problem,) = problems_of(web(tests))
    assert problem.pointer == pointer and words in problem.message


def test_without_tests_samples_that_fit_are_tried():
    metadata = (
        "name: web\nvariables:\n  - {name: path, pattern: '(/[a-z]{3,})+'}\n  - {name: code, pattern: '[0-9]+', "
        "minimum: 6}\n  - {name: at, type: network, form: interface, within: [10.1.0.0/16]}\n"
        "  - {name: ports, type: list, items: int, item_minimum: 1024, item_maximum: 2048}\n"
    )
    source = parse(metadata, BODY)
    assert examine(source) == ()
    values, problems = check_values(source.variables, sample_values(source.variables))
    assert problems == () and values["path"] == "/aaa"


def test_shell_is_looked_at_where_it_stands(shellcheck):
    body = (
        "#cloud-config\nruncmd:\n  - echo fine\n  - |\n    cd /srv\n    rm -rf $PWD/*\n"
        "write_files:\n  - path: /usr/local/bin/a\n    content: |\n      #!/bin/bash\n"
        "      for x in $(ls); do echo; done\n"
        "  - {path: /b, content: rm -rf $x}\n"
    )
    found = examine(web("", body))
    assert {finding.severity for finding in found} == {"warning"}
    assert {finding.line for finding in found} == {4, 9}
    assert any(finding.line == 4 and "in line 1 of this: Use 'cd ... || exit'" in finding.message for finding in found)


def test_the_library_has_nothing_to_complain_about_in_its_shell(library, shellcheck):
    for source in discover(library):
        assert examine(source) == (), source.name


def test_tests_are_not_read_loosely():
    with pytest.raises(Invalid):
        read_cases("accepted:\n  - {name: Not A Name}\n")
