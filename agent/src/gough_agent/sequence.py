"""Heartbeat numbers that never repeat, whenever the process is killed."""

from gough_agent.state import Store

BLOCK = 100


class Sequence:
    """Strictly increasing from 1. Reserves a block on the disk before using any of it, so that a kill
    costs a gap, never a repetition, and the disk is flushed once in a hundred heartbeats."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._used = store.state.sequence_reserved

    def next(self) -> int:
        if self._used >= self._store.state.sequence_reserved:
            self._store.update(sequence_reserved=self._used + BLOCK)
        self._used += 1
        return self._used
