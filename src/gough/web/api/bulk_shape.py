"""Bulk operations as the API shows them, with the same names as what is sent."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from gough.domain.priorities import word_of
from gough.domain.waves import ItemState
from gough.persistence.models import Bulk
from gough.services.bulk import Forecast
from gough.services.bulk_results import Result, verb_of
from gough.web.message import moment


def bulk_shape(found: Bulk, counts: Mapping[ItemState, int]) -> dict[str, Any]:
    options = found.parameters_shown.get("options", {})
    parameters = {name: value for name, value in found.parameters_shown.items() if name != "options"}
    return {
        "id": found.id, "action": verb_of(found.action), "state": found.state, "reason": found.reason,
        "priority": word_of(found.priority).value, "parameters": parameters | options,
        "max_in_flight": found.max_in_flight, "stop_after": found.stop_after,
        "created_by": found.created_by, "created_at": moment(found.created_at),
        "finished_at": moment(found.finished_at), "machines": sum(counts.values()),
        "counts": {state.value: counts.get(state, 0) for state in ItemState},
    }  # fmt: skip


def result_shape(each: Result) -> dict[str, Any]:
    return {
        "position": each.position, "machine_id": each.machine_id, "hostname": each.hostname,
        "state": each.state.value, "reason": each.reason, "job_id": each.job_id or None,
    }  # fmt: skip


def forecast_shape(action: str, found: Sequence[Forecast], in_service: Collection[str]) -> dict[str, Any]:
    """`in_service`: the ids of those that would begin and are in service now."""
    refused = sum(1 for each in found if each.refusal)
    return {
        "action": action, "machines": len(found),
        "counts": {"begin": len(found) - refused, "refused": refused, "in_service": len(in_service)},
        "items": [
            {"machine_id": each.machine_id, "hostname": each.hostname, "begins": not each.refusal,
             "reason": each.refusal, "in_service": each.machine_id in in_service}
            for each in found
        ],
    }  # fmt: skip
