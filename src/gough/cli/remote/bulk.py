"""Bulk operations."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from gough.cli.remote.connecting import POLL_SECONDS, gough, when
from gough.cli.remote.parameters import of_action
from gough.domain.priorities import Priority
from gough.domain.waves import ItemState
from gough.web.api.answers.site import Bulk, BulkResult

__all__ = ["POLL_SECONDS"]


def forecast(
    verb: str,
    ids: Sequence[str],
    parameters: Mapping[str, Any],
    max_in_flight: int,
    stop_after: int,
    priority: Priority,
) -> tuple[list[dict[str, Any]], int]:
    """What would happen on each machine, and how many of those that would begin are in service now."""
    found = gough().bulk.forecast(**_order(verb, ids, parameters, max_in_flight, stop_after, priority))
    rows = [{"machine_id": each.machine_id, "hostname": each.hostname, "refusal": each.reason} for each in found.items]
    return rows, found.counts["in_service"]


def begin(
    verb: str, ids: Sequence[str], parameters: Mapping[str, Any], max_in_flight: int, stop_after: int,
    priority: Priority,
) -> str:  # fmt: skip
    return gough().bulk.begin(**_order(verb, ids, parameters, max_in_flight, stop_after, priority)).id


def newest(limit: int) -> list[dict[str, Any]]:
    return [_row(each) for each in islice(gough().bulk.list(limit=min(limit, 200)), limit)]


def one(bulk_id: str, state: ItemState | None) -> dict[str, Any]:
    """With its `items`: of every machine, or of those in this state."""
    found = gough().bulk.get(bulk_id)
    results = gough().bulk.results(bulk_id, state=state)
    return {**_row(found), "items": [_item(each) for each in results]}


def progress(bulk_id: str) -> dict[str, Any]:
    """The state, the `counts`, when it ended, and whether jobs wait of which none has ever been worked on."""
    found = gough().bulk.get(bulk_id)
    return {
        "state": found.state, "counts": _counts(found), "finished_at": when(found.finished_at),
        "untouched": found.untouched,
    }  # fmt: skip


def stop(bulk_id: str) -> None:
    gough().bulk.stop(bulk_id)


def _order(
    verb: str,
    ids: Sequence[str],
    parameters: Mapping[str, Any],
    max_in_flight: int,
    stop_after: int,
    priority: Priority,
) -> dict[str, Any]:
    return {
        "action": verb, "ids": list(ids), "parameters": of_action(verb, parameters), "max_in_flight": max_in_flight,
        "stop_after": stop_after, "priority": priority,
    }  # fmt: skip


def _counts(found: Bulk) -> dict[str, int]:
    return {state.value: found.counts[state] for state in ItemState if found.counts.get(state)}


def _item(each: BulkResult) -> dict[str, Any]:
    return {
        "position": each.position, "machine_id": each.machine_id, "hostname": each.hostname,
        "state": ItemState(each.state), "reason": each.reason, "job_id": each.job_id or "",
    }  # fmt: skip


def _row(found: Bulk) -> dict[str, Any]:
    return {
        "id": found.id, "action": found.action, "state": found.state, "reason": found.reason,
        "priority": found.priority,
        "machines": found.machines,
        "results": ", ".join(f"{count} {state}" for state, count in _counts(found).items()),
        "max_in_flight": found.max_in_flight, "stop_after": found.stop_after, "parameters": found.parameters,
        "created_by": found.created_by, "created_at": when(found.created_at), "finished_at": when(found.finished_at),
    }  # fmt: skip
