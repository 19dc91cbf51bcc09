"""`gough bulk … --wait`: each machine's result as it comes."""

import time
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from gough.domain.errors import Unavailable
from gough.domain.waves import ItemState
from gough.persistence.models import BulkItem, Job
from gough.services import bulk
from gough.services.bulk_results import ENDED, Result, results
from gough.services.context import Use

POLL_SECONDS = 0.5
UNTOUCHED_SECONDS = 15


def follow(use: Use, bulk_id: str, *, timeout: float) -> bool:
    """Print results until it is over; whether every machine went well. Raises Unavailable at the timeout."""
    started, told, before = time.monotonic(), set[int](), dict[ItemState, int]()
    while True:
        with use.database.read() as session:
            found, counts = bulk.find(session, bulk_id), bulk.counts(session, bulk_id)
            untouched = _is_untouched(session, bulk_id)
            if counts != before:
                _tell_new(results(session, bulk_id, limit=bulk.MOST_MACHINES), told)
        before = counts
        if found.finished_at is not None:
            print(", ".join(f"{count} {state.value}" for state, count in counts.items()) + f": {found.state}")
            return set(counts) == {ItemState.DONE}
        waited = time.monotonic() - started
        if untouched and waited > UNTOUCHED_SECONDS:
            raise Unavailable("worker", "no worker has taken a job of it", hint="Is `gough serve` running?")
        if waited > timeout:
            hint = f"Look at it with `gough bulk show {bulk_id}`."
            raise Unavailable("bulk operation", f"{bulk_id} goes on", hint=hint)
        time.sleep(POLL_SECONDS)


def _tell_new(found: Iterable[Result], told: set[int]) -> None:
    for each in found:
        if each.state in ENDED and each.position not in told:
            told.add(each.position)
            print(f"{each.hostname}  {each.state.value}" + (f"  {each.reason}" if each.reason else ""), flush=True)


def _is_untouched(session: Session, bulk_id: str) -> bool:
    """Whether jobs wait and none has ever been worked on."""
    begun = select(Job.started_at).join(BulkItem, BulkItem.job_id == Job.id).where(BulkItem.bulk_id == bulk_id)
    moments = session.scalars(begun).all()
    return bool(moments) and not any(moments)
