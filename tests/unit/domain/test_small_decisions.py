"""Backoff, durations, passwords, permissions, silence."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gough.domain.agents import is_silent
from gough.domain.durations import in_words, parse_duration, parse_durations
from gough.domain.passwords import COMMON, fault_of
from gough.domain.permissions import GRANTS, Permission, Role
from gough.domain.priorities import RANKS, Priority, word_of
from gough.domain.retry import Backoff
from gough.domain.service_state import ServiceState

CHANCE = st.floats(0, 1, exclude_max=True)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@given(st.integers(1, 10_000), CHANCE)
def test_a_backoff_stays_between_half_of_its_doubling_wait_and_its_ceiling(attempt: int, chance: float) -> None:
    backoff = Backoff(first=timedelta(seconds=1), ceiling=timedelta(seconds=60))
    full = min(timedelta(seconds=60), timedelta(seconds=2 ** min(attempt - 1, 20)))
    assert full / 2 <= backoff.delay(attempt, chance) <= full


def test_a_backoff_doubles_and_differs_by_chance() -> None:
    waits = [Backoff().delay(attempt, 0.999999).total_seconds() for attempt in range(1, 9)]
    assert [round(wait) for wait in waits] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert Backoff().delay(3, 0.1) < Backoff().delay(3, 0.9)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("45m", 2700), ("1.5h", 5400), ("7", 7), (" 2h ", 7200), ("0s", 0)]
)
def test_a_duration_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == seconds


@given(st.text(max_size=30) | st.from_regex(r"\d{1,400}[smhd]?", fullmatch=True))
def test_what_is_no_duration_is_a_value_error_that_quotes_it(text: str) -> None:
    try:
        assert parse_duration(text) >= timedelta(0)
    except ValueError as error:
        assert text in str(error)


def test_several_durations_have_names() -> None:
    assert parse_durations("install=45m, agent=90s,") == {
        "install": timedelta(minutes=45), "agent": timedelta(seconds=90),
    }  # fmt: skip
    with pytest.raises(ValueError, match="'' is not a duration"):
        parse_durations("install")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min 00 s"), (185, "3 min 05 s"), (3600, "1 h 00 min"), (7800, "2 h 10 min")],
)
def test_a_duration_is_said_as_people_say_it(seconds: float, said: str) -> None:
    assert in_words(seconds) == said


@pytest.mark.parametrize(
    "good", ["four words in a row", "Kx9$mmQ2!vbn", "пароль из слов", "a" * 6 + "bcdefg" + "h" * 20]
)
def test_a_long_uncommon_password_is_fine(good: str) -> None:
    assert fault_of(good, "operator") == ""


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("short", "at least 12"),
        ("x" * 300, "at most 256"),
        ("Password1234", "first that are tried"),
        ("Password123!", "first that are tried"),
        ("qwertyuiop12", "first that are tried"),
        ("ADMINISTRATOR", "first that are tried"),
        ("123456789012", "first that are tried"),
        ("aaaaaaaaaaaaaa", "first that are tried"),
        ("operator12345", "little more than the name"),
    ],
)
def test_a_password_that_everybody_tries_is_refused_with_the_reason(bad: str, said: str) -> None:
    assert said in fault_of(bad, "operator")


@pytest.mark.parametrize("common", sorted(COMMON))
def test_digits_behind_a_common_password_do_not_help(common: str) -> None:
    assert fault_of(f"{common.upper()}123456789012"[: max(12, len(common) + 4)])


def test_every_role_may_do_what_the_role_below_may() -> None:
    assert GRANTS[Role.VIEWER] < GRANTS[Role.OPERATOR] < GRANTS[Role.ADMIN] == frozenset(Permission)
    assert GRANTS[Role.VIEWER] == {Permission.VIEW, Permission.METRICS}
    assert Permission.MANAGE not in GRANTS[Role.OPERATOR]


def test_one_lost_heartbeat_is_no_silence_and_three_are() -> None:
    minute = timedelta(seconds=60)
    assert not is_silent(NOON, NOON + 2 * minute, minute)
    assert not is_silent(NOON, NOON + 3 * minute, minute)
    assert is_silent(NOON, NOON + 4 * minute, minute)


def test_a_fast_agent_is_given_five_seconds_all_the_same() -> None:
    assert not is_silent(NOON, NOON + timedelta(seconds=5), timedelta(milliseconds=100))
    assert is_silent(NOON, NOON + timedelta(seconds=5.1), timedelta(milliseconds=100))


def test_every_service_state_has_words() -> None:
    assert [state.label for state in ServiceState] == ["In service", "In progress", "Needs attention", "Out of service"]


def test_priorities_are_ranked_as_their_words_say_and_every_number_has_a_word() -> None:
    ascending = [Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.URGENT]
    assert sorted(Priority, key=RANKS.__getitem__) == ascending
    assert [word_of(RANKS[word]) for word in ascending] == ascending
    assert RANKS[Priority.NORMAL] == 0, "what jobs had before there were words"
    assert [word_of(rank) for rank in (-99, 9, 99)] == [Priority.LOW, Priority.NORMAL, Priority.URGENT]
