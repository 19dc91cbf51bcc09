"""`gough bulk … --wait`: each machine's result as it comes."""

import time
from collections.abc import Iterable
from typing import Any

from gough.cli.choice import backend
from gough.domain.errors import Unavailable
from gough.domain.waves import ENDED, ItemState

UNTOUCHED_SECONDS = 15


def follow(bulk_id: str, *, timeout: float) -> bool:
    """Print results until it is over; whether every machine went well. Raises Unavailable at the timeout."""
    bulk = backend("bulk")
    started, told, before = time.monotonic(), set[int](), dict[str, int]()
    while True:
        found = bulk.progress(bulk_id)
        counts = found["counts"]
        if counts != before:
            _tell_new(bulk.one(bulk_id, None)["items"], told)
        before = counts
        if found["finished_at"] is not None:
            print(", ".join(f"{count} {state}" for state, count in counts.items()) + f": {found['state']}")
            return set(counts) == {ItemState.DONE.value}
        waited = time.monotonic() - started
        if found["untouched"] and waited > UNTOUCHED_SECONDS:
            raise Unavailable("worker", "no worker has taken a job of it", hint="Is `gough serve` running?")
        if waited > timeout:
            hint = f"Look at it with `gough bulk show {bulk_id}`."
            raise Unavailable("bulk operation", f"{bulk_id} goes on", hint=hint)
        time.sleep(bulk.POLL_SECONDS)


def _tell_new(found: Iterable[dict[str, Any]], told: set[int]) -> None:
    for each in found:
        if each["state"] in ENDED and each["position"] not in told:
            told.add(each["position"])
            why = f"  {each['reason']}" if each["reason"] else ""
            print(f"{each['hostname']}  {each['state'].value}{why}", flush=True)
