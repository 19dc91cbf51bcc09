"""Sequence numbers over kills at any moment: a kill is a store that is simply opened again."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gough_agent.sequence import BLOCK, Sequence
from gough_agent.state import Store


@settings(deadline=None)  # the disk's time, not ours
@given(st.lists(st.integers(0, 2 * BLOCK + 1), min_size=1, max_size=5))
def test_numbers_increase_whatever_number_was_used_before_each_kill(lives: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        used: list[int] = []
        for heartbeats in lives:
            sequence = Sequence(Store(Path(folder)))
            used += [sequence.next() for _ in range(heartbeats)]
    assert used == sorted(set(used))
    assert not used or used[0] == 1


def test_a_number_whose_reservation_failed_is_never_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sequence = Sequence(Store(tmp_path))

    def full_disk(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(Exception, match="No space left on device"):
        sequence.next()
    monkeypatch.undo()
    assert sequence.next() == 1
    assert Sequence(Store(tmp_path)).next() == BLOCK + 1
