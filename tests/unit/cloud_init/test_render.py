import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gough.cloud_init import EXAMPLE_MACHINE, render
from gough.cloud_init.compile import dump
from gough.cloud_init.sandbox import Sandbox
from gough.domain.errors import Invalid
from gough.domain.variables import Value

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
BODY = """\
plain: "{{ value }}"
inside: "a {{ value }} b"
block: |
  {{ value }}
  end
list: [x, "{{ value }}"]
deep: {deeper: ["{{ value }}"]}
"""


def rendered(body: str, **values: Value) -> dict[str, object]:
    return render(body, values, EXAMPLE_MACHINE).config


def problems(body: str, secrets: frozenset[str] = frozenset(), **values: Value) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        render(body, values, EXAMPLE_MACHINE, secrets=secrets)
    return [(p.pointer, p.message) for p in caught.value.problems]


@settings(deadline=None)
@given(texts)
def test_a_value_ends_up_as_exactly_itself_and_never_as_structure(value):
    config = yaml.safe_load(dump(rendered(BODY, value=value)))
    assert config == {
        "plain": value,
        "inside": f"a {value} b",
        "block": f"{value}\nend\n",
        "list": ["x", value],
        "deep": {"deeper": [value]},
    }


@pytest.mark.parametrize(
    "value", ["x\nruncmd: [reboot]", "{a: b}", "- x", "&a", "!!str", "yes", "2026-01-01", "{{ 1 }}"]
)
def test_what_looks_like_yaml_or_jinja_stays_text(value):
    assert yaml.safe_load(dump(rendered('a: "{{ v }}"', v=value))) == {"a": value}


def test_one_expression_keeps_its_type():
    body = 'n: "{{ n }}"\nb: "{{ b }}"\nl: "{{ l }}"\nt: "{{ n }}!"\nm: "{{ {\'a\': l | map(\'upper\')} }}"\n'
    expected = {"n": 8080, "b": True, "l": ["x"], "t": "8080!", "m": {"a": ["X"]}}
    assert rendered(body, n=8080, b=True, l=("x",)) == expected


def test_lists_are_spliced_and_nothing_is_left_out():
    body = 'l: [a, "{{ l }}", "{{ n }}", [b], "{{ \'c\' if b else none }}"]\ngone: "{{ n }}"\nkept: null\n'
    assert rendered(body, l=("1", "2"), n=None, b=False) == {"l": ["a", "1", "2", ["b"]], "kept": None}


def test_in_a_text_none_is_nothing_and_booleans_are_small():
    assert rendered('a: "{{ n }}|{{ b }}"', n=None, b=True) == {"a": "|true"}


def test_keys_and_literals_are_not_touched():
    assert rendered('"{{ k }}": 2026-01-01\nport: 0644\n') == {"{{ k }}": "2026-01-01", "port": 420}


def test_the_machine_is_known():
    assert rendered("a: \"{{ machine.fqdn.split('.')[0] }}-{{ machine.tags | join(',') }}\"") == {"a": "example-"}


@pytest.mark.parametrize(
    "expression",
    [
        "{{ nope }}", "{{ machine.nope }}", "{{ nope | tojson }}", "{{ 1 + }}", "{{ 'x' * 999999999 }}", "{{ 2 ** 9 }}",
        "{{ '%999999999d' % 1 }}", "{{ 'x'.ljust(999999999) }}", "{{ '{:>999999999}'.format(1) }}", "{{ range(9) }}",
        "{{ ''.__class__ }}", "{{ machine.items.__globals__ }}", "{{ self }}", "{{ cycler }}", "{% set a = 1 %}",
        "{% include 'x' %}", "{% macro m() %}{% endmacro %}", "{{ 'x' | center(99) }}", "{{ 'x' | attr('y') }}",
        "{{ 1 // 0 }}", "{{ machine.get }}", "{{ big | join(big | join) }}",
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{% for a in big %}{% for b in big %}{% for c in big %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in big %}{{ big }}{% endfor %}", "{{ 'ab' | replace('', big | join) | replace('', big | join) }}",
    ],
)  # fmt: skip
def test_what_is_wrong_or_reaches_out_is_refused_where_it_stands(expression):
    ((at, _),) = problems(f"a: 1\nb:\n  - x\n  - >-\n    {expression}\n", big=("x" * 100,) * 1000)
    assert at == "line 4, column 5"


def test_all_places_are_told_at_once():
    found = problems('a: "{{ x }}"\nb: {c: "{{ y }}"}\n')
    assert found == [("line 1, column 4", "'x' is undefined"), ("line 2, column 8", "'y' is undefined")]


@pytest.mark.parametrize("use", ["s | upper", "s[:3]", "s ~ 'x'", "[s]", "s.split(':')", "s | replace('a', 'b')"])
def test_a_secret_may_not_be_changed(use):
    ((_, message),) = problems(f'a: "{{{{ {use} }}}}"', frozenset({"s"}), s="very secret")
    assert "the secret s" in message and "very secret" not in message


@pytest.mark.parametrize(
    "use", ["{{ s }}", "x{{ s | quote }}", "{% if s %}{{ s }}{% endif %}", "{{ s if s else 'x' }}"]
)
def test_a_secret_may_be_written(use):
    assert render(f'a: "{use}"', {"s": "very secret"}, EXAMPLE_MACHINE, secrets=frozenset({"s"})).config


def test_the_whole_is_bounded_too():
    found = problems("a:\n" + '  - "{{ v }}"\n' * 100, v="x" * 16_000)
    assert "more than" in found[0][1]


def test_the_documentation_names_the_filters_there_are():
    text = (Path(__file__).parents[3] / "docs" / "templates.md").read_text()
    named = text.partition("the filters ")[2].partition(";")[0]
    assert set(re.findall(r"`(\w+)`", named)) == {name for name in Sandbox().filters if not name.startswith("_")}
