"""Maintenance windows: open when they say, over midnight, over the change of clocks."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gough.domain.errors import Invalid
from gough.domain.windows import Window, check_window, next_opening, parse_days

NIGHT = Window("night", (4, 5), "22:00", 8 * 60, "Europe/Berlin")
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
WINDOWS = st.builds(
    Window, st.just("w"), st.sets(st.integers(0, 6), min_size=1).map(tuple),
    st.times().map(lambda t: f"{t.hour:02}:{t.minute:02}"), st.integers(1, 10080),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
)  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-20T21:30:00", True),  # Friday, 22:30 in Berlin
        ("2026-11-20T20:30:00", False),
        ("2026-11-21T04:59:00", True),  # over midnight, to six
        ("2026-11-21T05:00:00", False),
        ("2026-07-24T20:30:00", True),  # summer time
        ("2026-11-22T03:00:00", True),
        ("2026-11-23T03:00:00", False),
    ],
)
def test_a_window_is_open_when_it_says(moment: str, is_open: bool) -> None:
    assert NIGHT.is_open(datetime.fromisoformat(moment).replace(tzinfo=UTC)) is is_open


@given(WINDOWS, MOMENTS)
def test_it_opens_within_a_week_and_is_open_then(window: Window, now: datetime) -> None:
    opens = window.opens_after(now)
    assert now <= opens <= now + timedelta(days=8)
    assert window.is_open(opens)
    assert window.is_open(now) is (opens == now)


def test_of_several_windows_the_first_counts() -> None:
    monday = datetime(2026, 11, 23, 12, tzinfo=UTC)
    noon = Window("noon", (1,), "12:00", 60)
    assert next_opening([NIGHT, noon], monday) == monday + timedelta(days=1)


def test_days_are_written_like_on_the_command_line() -> None:
    assert parse_days("sat,sun") == (5, 6)
    assert parse_days("fri-mon") == (0, 4, 5, 6)
    assert parse_days("daily") == tuple(range(7))
    with pytest.raises(Invalid):
        parse_days("someday")


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        check_window(Window("", (7,), "24:00", 0, "Mars/Olympus"))
    pointers = {problem.pointer for problem in caught.value.problems}
    assert pointers == {"/name", "/days", "/start", "/minutes", "/timezone"}
