"""How hard a region is worked: chunks near two seconds, a tenth of its time."""

from hypothesis import given
from hypothesis import strategies as st

from gough.domain import pacing

COST = st.tuples(st.floats(0, 1.5), st.floats(0.0005, 0.3))  # seconds a request, and seconds a machine in it


def seconds(size: int, cost: tuple[float, float]) -> float:
    return cost[0] + size * cost[1]


@given(COST)
def test_chunks_settle_where_a_request_takes_about_two_seconds(cost: tuple[float, float]) -> None:
    size = pacing.FIRST_CHUNK
    for _ in range(60):
        size = pacing.next_chunk(size, seconds(size, cost))
    assert seconds(size, cost) <= pacing.CHUNK_SECONDS * 1.05 or size == pacing.SMALLEST_CHUNK
    if size not in (pacing.SMALLEST_CHUNK, pacing.LARGEST_CHUNK):
        assert seconds(size + 2, cost) > pacing.CHUNK_SECONDS * 0.6


@given(st.integers(2, 100), st.floats(0, 100))
def test_a_chunk_grows_by_half_at_the_most_and_stays_within_bounds(size: int, took: float) -> None:
    chosen = pacing.next_chunk(size, took)
    assert pacing.SMALLEST_CHUNK <= chosen <= min(pacing.LARGEST_CHUNK, size + max(1, size // 2))


@given(st.floats(0, 100))
def test_the_reconcile_takes_a_tenth_of_the_regions_time_at_most(took: float) -> None:
    share = took / (took + pacing.pause_after(took))
    assert share <= pacing.RECONCILE_SHARE + 1e-9


def test_the_period_of_a_real_region() -> None:
    """1,100 machines, 34 in 1.95 s: each is read again within eleven minutes."""
    assert 600 < pacing.reconcile_period(1100, 34, 1.95) < 660
