"""Bulk operations move in waves: never too many at once, never on after too many failures, always to an end."""

from hypothesis import given
from hypothesis import strategies as st

from gough.domain.waves import BulkState, ItemState, Limits, next_wave

ENDS = st.lists(st.sampled_from([ItemState.DONE, ItemState.FAILED]), min_size=1, max_size=60)


@given(ENDS, st.integers(1, 20), st.integers(0, 5))
def test_a_rollout_keeps_its_limits_and_ends(ends: list[ItemState], in_flight: int, stop_after: int) -> None:
    """`ends` says how each machine will end, in the order they are begun."""
    limits, state = Limits(in_flight, stop_after), BulkState.RUNNING
    waiting, running, ended = list(ends), list[ItemState](), list[ItemState]()
    for _ in range(4 * len(ends) + 4):
        counts = {
            ItemState.WAITING: len(waiting), ItemState.RUNNING: len(running),
            ItemState.DONE: ended.count(ItemState.DONE), ItemState.FAILED: ended.count(ItemState.FAILED),
        }  # fmt: skip
        wave = next_wave(state, counts, limits)
        state = wave.state
        running += [waiting.pop(0) for _ in range(wave.begin)]
        assert len(running) <= in_flight
        if stop_after and ended.count(ItemState.FAILED) >= stop_after:
            assert wave.begin == 0
        if state in (BulkState.DONE, BulkState.STOPPED):
            break
        if running:
            ended.append(running.pop(0))
    assert state is (BulkState.STOPPED if waiting else BulkState.DONE)
    assert not running
    if state is BulkState.STOPPED:
        assert stop_after <= ended.count(ItemState.FAILED) < stop_after + in_flight


def test_what_was_stopped_begins_no_more_and_waits_for_what_runs() -> None:
    counts = {ItemState.WAITING: 5, ItemState.RUNNING: 2}
    assert next_wave(BulkState.STOPPING, counts, Limits(10)).state is BulkState.STOPPING
    assert next_wave(BulkState.STOPPING, {ItemState.WAITING: 5}, Limits(10)).state is BulkState.STOPPED
    assert next_wave(BulkState.STOPPED, {ItemState.WAITING: 5}, Limits(10)).begin == 0
