"""Bulk operations."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from gough.cli import embedded
from gough.domain.priorities import Priority, word_of
from gough.domain.waves import ItemState, Limits
from gough.persistence.models import Bulk
from gough.services import bulk, bulk_results, forecasts
from gough.services.bulk_results import VERBS, verb_of

POLL_SECONDS = 0.5
Counts = Mapping[ItemState, int]


def forecast(
    verb: str,
    ids: Sequence[str],
    parameters: Mapping[str, Any],
    max_in_flight: int,
    stop_after: int,
    priority: Priority,
) -> tuple[list[dict[str, Any]], int]:
    """What would happen on each machine, and how many of those that would begin are in service now."""
    found = bulk.dry_run(
        embedded.use(), bulk.Order(VERBS[verb], ids, Limits(max_in_flight, stop_after), parameters, priority)
    )
    with embedded.use().database.read() as session:
        return [asdict(each) for each in found], len(forecasts.in_service(session, found))


def begin(
    verb: str, ids: Sequence[str], parameters: Mapping[str, Any], max_in_flight: int, stop_after: int,
    priority: Priority,
) -> str:  # fmt: skip
    order = bulk.Order(VERBS[verb], ids, Limits(max_in_flight, stop_after), parameters, priority)
    return bulk.begin(embedded.use(), order, by=embedded.me()).id


def newest(limit: int) -> list[dict[str, Any]]:
    with embedded.use().database.read() as session:
        return [_row(each, bulk.counts(session, each.id)) for each in bulk.newest(session, limit=limit)]


def one(bulk_id: str, state: ItemState | None) -> dict[str, Any]:
    """With its `items`: of every machine, or of those in this state."""
    with embedded.use().database.read() as session:
        found = bulk.find(session, bulk_id)
        row = _row(found, bulk.counts(session, found.id))
        results = bulk_results.results(session, found.id, state=state, limit=bulk.MOST_MACHINES)
    return {**row, "items": [asdict(each) for each in results]}


def progress(bulk_id: str) -> dict[str, Any]:
    """The state, the `counts`, when it ended, and whether jobs wait of which none has ever been worked on."""
    with embedded.use().database.read() as session:
        found, counts = bulk.find(session, bulk_id), bulk.counts(session, bulk_id)
        return {
            "state": found.state, "counts": {state.value: counts[state] for state in ItemState if state in counts},
            "finished_at": found.finished_at, "untouched": bulk_results.is_untouched(session, bulk_id),
        }  # fmt: skip


def stop(bulk_id: str) -> None:
    bulk.stop(embedded.use(), bulk_id, by=embedded.me())


def _row(found: Bulk, counts: Counts) -> dict[str, Any]:
    return {
        "id": found.id, "action": verb_of(found.action), "state": found.state, "reason": found.reason,
        "priority": word_of(found.priority).value,
        "machines": sum(counts.values()),
        "results": ", ".join(f"{counts[state]} {state.value}" for state in ItemState if state in counts),
        "max_in_flight": found.max_in_flight, "stop_after": found.stop_after, "parameters": found.parameters_shown,
        "created_by": found.created_by, "created_at": found.created_at, "finished_at": found.finished_at,
    }  # fmt: skip
