"""What the lab fills in for a template's variables: enough for every template that comes with Gough, and for others."""

import pytest

from gough.cloud_init import Delivery, Texts, parse_texts, prepare
from gough.cloud_init.library import Library
from gough.cloud_init.machine import EXAMPLE_MACHINE
from gough.domain.errors import Invalid
from gough.domain.variables import check_values
from gough.lab.examples import example_values
from tests.unit.docs.pages import ROOT

LIBRARY = Library(ROOT / "cloud-init" / "templates")
DELIVERY = Delivery(
    public_url="https://gough.example", report_token="r" * 43, enrolment_token="e" * 43, server_id="example",
    agent_checksums={"gough-agent-linux-x86_64.tar.gz": "0" * 64},
)  # fmt: skip
BODY = "#cloud-config\n{}\n"
ASKS = """
name: asks
series: noble
variables:
  - {name: word, required: true, minimum: 20, maximum: 24}
  - {name: code, required: true, pattern: "[A-Z]{3}-[0-9]{4}"}
  - {name: number, type: int, required: true, minimum: 7}
  - {name: kind, type: enum, choices: [red, blue], required: true}
  - {name: wanted, type: bool, required: true}
  - {name: place, type: network, form: interface, within: [10.0.0.0/8], required: true}
  - {name: names, type: list, required: true, minimum: 2, pattern: "[a-z]+"}
  - {name: password, type: secret, minimum: 12, required_when: {wanted: true}}
  - {name: left_out, required_when: {kind: blue}}
"""


@pytest.mark.parametrize("name", LIBRARY.names())
def test_every_template_that_comes_with_gough_can_be_deployed_in_the_lab(name: str) -> None:
    source = LIBRARY.find(name)
    values = example_values(source)
    assert prepare(source, values, EXAMPLE_MACHINE, DELIVERY).user_data
    assert values["ssh_keys"] != example_values(source)["ssh_keys"], "a key of its own"


def test_values_of_every_type_are_invented_and_only_where_they_are_needed() -> None:
    source = parse_texts(Texts(ASKS, BODY, {}, ""), LIBRARY.find)
    values = example_values(source)
    assert set(values) == {"word", "code", "number", "kind", "wanted", "place", "names", "password"}
    assert not check_values(source.variables, values)[1]


def test_a_templates_own_tests_are_believed_first() -> None:
    assert example_values(LIBRARY.find("web-server"))["server_names"] == ["www.example.net", "example.net"]


def test_what_cannot_be_invented_is_named() -> None:
    text = 'name: odd\nseries: noble\nvariables:\n  - {name: word, required: true, minimum: 9, pattern: "[a-c]{2}"}\n'
    with pytest.raises(Invalid) as caught:
        example_values(parse_texts(Texts(text, BODY, {}, ""), LIBRARY.find))
    assert [problem.pointer for problem in caught.value.problems] == ["/variables/word"]
