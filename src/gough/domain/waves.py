"""Bulk operations in waves: how many more to begin, when to stop, when it is over. Counts in, decisions out."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class BulkState(StrEnum):
    RUNNING = "running"
    STOPPING = "stopping"  # nothing new begins; what runs ends
    STOPPED = "stopped"
    DONE = "done"


class ItemState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"  # it could not begin; nothing was changed
    SKIPPED = "skipped"  # the operation stopped before its turn


ENDED = frozenset({ItemState.DONE, ItemState.FAILED, ItemState.REFUSED, ItemState.SKIPPED})


@dataclass(frozen=True, slots=True)
class Limits:
    """At most `max_in_flight` at once; after `stop_after` failures no more begin (0: go on whatever happens)."""

    max_in_flight: int
    stop_after: int = 0


@dataclass(frozen=True, slots=True)
class Wave:
    """`begin`: how many waiting items to begin now. `state`: what the operation is after this look."""

    begin: int
    state: BulkState


def next_wave(state: BulkState, counts: Mapping[ItemState, int], limits: Limits) -> Wave:
    """Refused machines do not count as failures: nothing happened to them."""
    waiting, running = counts.get(ItemState.WAITING, 0), counts.get(ItemState.RUNNING, 0)
    failed = counts.get(ItemState.FAILED, 0)
    if state in (BulkState.STOPPED, BulkState.DONE):
        return Wave(0, state)
    if state is BulkState.STOPPING or (waiting and limits.stop_after and failed >= limits.stop_after):
        return Wave(0, BulkState.STOPPING if running else BulkState.STOPPED)
    if not waiting and not running:
        return Wave(0, BulkState.DONE)
    return Wave(max(0, min(waiting, limits.max_in_flight - running)), BulkState.RUNNING)
