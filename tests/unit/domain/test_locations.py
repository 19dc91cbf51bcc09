"""Locations as people and files write them."""

import pytest

from gough.domain.errors import Invalid
from gough.domain.locations import Location, parse_unit, read_location, unit_text


@pytest.mark.parametrize(
    ("text", "unit"),
    [("12", 12), ("12.5", 12.5), ("U12", 12), ("u 7", 7), ("7U", 7), ("12,5", 12.5), (" 0.5 ", 0.5), ("100.0", 100),
     ("", None), ("  ", None)],
)  # fmt: skip
def test_a_unit_is_read_as_people_write_it(text: str, unit: float | None) -> None:
    assert parse_unit(text) == unit


@pytest.mark.parametrize("text", ["0", "0.4", "100.5", "-1", "12.3", "twelve", "1e1", "nan", "U", "1 2", "٣", "9" * 99])
def test_what_is_no_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"from 0\.5 to 100"):
        parse_unit(text)


def test_what_is_said_is_read_back() -> None:
    for unit in (0.5, 1.0, 42.0, 99.5, None):
        assert parse_unit(unit_text(unit)) == unit
    assert str(Location("Oslo", "R1", 12.5)) == "Oslo / R1 / U12.5"
    assert str(Location()) == "unknown"


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        read_location("x" * 81, "R\x001", "sky")
    assert [problem.pointer for problem in caught.value.problems] == ["/site", "/rack", "/unit"]
    assert read_location(" " + "x" * 80, "R1", "1") == Location("x" * 80, "R1", 1.0)


def test_a_unit_without_its_rack_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        read_location("Oslo", "  ", "12")
    assert "needs the rack" in caught.value.problems[0].message
