"""The errors: each says what it is, what it means and what to do; the drawing of the tree is the tree."""

import re

import pytest

from gough.domain import errors
from gough.domain.errors import GoughError, Outside, Problem, Unavailable


def tree_of(kind: type[GoughError]) -> list[type[GoughError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in tree_of(child))]


EVERY = [kind for kind in tree_of(GoughError) if kind.__module__ == errors.__name__]


def drawn() -> dict[str, str]:
    """{error: the one above it} as the module's docstring draws it."""
    above: list[str] = []
    parents: dict[str, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^((?:│   |    )*(?:├── |└── )?)(\w+)", line)
        if found is None or not (found[1] or found[2] == "GoughError"):
            continue
        depth = len(found[1]) // 4
        above[depth:] = [found[2]]
        parents[found[2]] = above[depth - 1] if depth else "Exception"
    return parents


def test_the_drawing_shows_every_error_in_its_place() -> None:
    assert drawn() == {kind.__name__: kind.__bases__[0].__name__ for kind in EVERY}


def test_no_two_errors_share_a_code() -> None:
    codes = [kind.code for kind in EVERY]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[A-Z]+(_[A-Z]+)*", code) for code in codes)


@pytest.mark.parametrize("kind", [kind for kind in EVERY if not kind.__subclasses__()], ids=lambda kind: kind.__name__)
def test_every_error_that_is_raised_speaks_for_itself(kind: type[GoughError]) -> None:
    for said in ("code", "meaning", "default_hint"):
        assert vars(kind).get(said), f"{kind.__name__} has no {said} of its own"
    assert kind.meaning.endswith(".")


def test_only_an_unavailable_system_is_worth_another_try() -> None:
    assert [kind for kind in EVERY if kind.retryable] == [Unavailable]


def test_an_error_carries_its_hint_and_every_problem() -> None:
    error = Outside("MAAS", "said no", problems=[Problem("/name", "is taken")])
    assert str(error) == "MAAS: said no" and error.system == "MAAS"
    assert error.hint == Outside.default_hint
    assert error.problems == (Problem("/name", "is taken"),)
    assert GoughError("x", hint="do this").hint == "do this"
