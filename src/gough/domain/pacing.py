"""How much of a MAAS region's time Gough takes: the size of a chunk of machines, and the pause after it.

A region serves lists one after another, and everybody else waits meanwhile. Source of the figures: a real 3.4 region
with 1,100 machines, where 20 machines take 1.4 s, 100 take 4.5 s, and all of them a minute.
"""

CHUNK_SECONDS = 1.9  # nobody waits for us longer than this
FIRST_CHUNK, SMALLEST_CHUNK, LARGEST_CHUNK = 20, 2, 100
RECONCILE_SHARE = 0.1
SHORTEST_PAUSE = 5.0
SLOW_SECONDS = 10.0  # an answer that takes longer than this is worth telling people


def next_chunk(size: int, seconds: float) -> int:
    """How many machines to ask for next, when `size` of them took so many seconds: shrinks at once, grows slowly."""
    fitting = int(min(size * CHUNK_SECONDS / seconds, LARGEST_CHUNK)) if seconds > 0 else LARGEST_CHUNK
    return max(SMALLEST_CHUNK, min(fitting, size + max(1, size // 2), LARGEST_CHUNK))


def pause_after(seconds: float) -> float:
    """Seconds between the end of one chunk of the reconcile and the start of the next."""
    return max(SHORTEST_PAUSE, seconds * (1 / RECONCILE_SHARE - 1))


def reconcile_period(machines: int, size: int, seconds: float) -> float:
    """Seconds until every one of so many machines has been read again, at `seconds` a chunk of `size`."""
    chunks = -(-machines // size)
    return chunks * (seconds + pause_after(seconds))
