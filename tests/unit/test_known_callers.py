"""What is remembered of a credential, for how long, and when not."""

import pytest

from gough.domain.errors import Unauthenticated
from gough.services.known_callers import MOST, SECONDS, KnownCallers


class Asked:
    """Answers with how often it was asked."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        return self.count


def test_an_answer_is_good_for_a_second_and_until_something_is_written() -> None:
    known, ask, commit = KnownCallers(), Asked(), object()
    assert [known.get("a", ask, now, commit) for now in (10, 10 + SECONDS / 2, 10 + SECONDS)] == [1, 1, 2]
    assert known.get("a", ask, 10 + SECONDS, object()) == 3, "something was written"
    assert known.get("a", ask, 9, commit) == 4, "a clock that went back"
    assert known.get("b", ask, 9, commit) == 5, "another credential"


def test_a_refusal_is_not_remembered_and_memory_is_bounded() -> None:
    known, ask, commit = KnownCallers(), Asked(), object()

    def refuse() -> int:
        raise Unauthenticated("no")

    with pytest.raises(Unauthenticated):
        known.get("a", refuse, 1, commit)
    assert known.get("a", ask, 1, commit) == 1
    for number in range(MOST):
        known.get(number, Asked(), 1, commit)
    assert len(known._known) <= MOST
