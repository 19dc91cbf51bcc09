import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gough.domain.patterns import pattern

atoms = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\.", "[]x]", "-", "1", r"\x61", "\n"])
patterns = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: "(" + "|".join(items) + ")"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,2}", "{1,}", "{,2}", "*?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(patterns, st.text("ab1.-]x\n", max_size=7))
def test_it_matches_what_python_matches(text, candidate):
    assert pattern(text).matches(candidate) == bool(re.fullmatch(text, candidate))


@settings(deadline=None)
@given(patterns, st.integers(0, 3))
def test_an_example_matches(text, shortest):
    example = pattern(text).example(shortest)
    assert example is None or (re.fullmatch(text, example) and len(example) >= shortest)


def test_what_python_would_never_finish_is_quick():
    began = time.process_time()
    assert not pattern("(a+)+(a|aa)*b").matches("a" * 16_000)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[", "not a regular expression"),
        ("^a", "whole text"),
        ("a$", "whole text"),
        (r"(a)\1", r"\1"),
        ("(?=a)a", "group"),
        ("(?i)a", "group"),
        (r"\bword", r"\b"),
        ("a{", "with \\"),
        ("((a{99}){99}){99}", "too large"),
    ],
)
def test_what_is_not_understood_is_refused(text, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        pattern(text)
