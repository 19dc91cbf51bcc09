"""One action on many machines, in waves. A bulk operation is rows: any process moves it on, and any may die."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gough.domain.deploy_options import DeployOptions
from gough.domain.errors import Conflict, GoughError, Invalid, NotFound, Problem
from gough.domain.machine_options import CommissionOptions, ReleaseOptions, ScriptOptions, check_scripts
from gough.domain.priorities import RANKS, Priority, word_of
from gough.domain.stages import JobKind
from gough.domain.variables import secret_names
from gough.domain.waves import BulkState, ItemState, Limits, next_wave
from gough.persistence.models import Bulk, BulkItem, Job, Machine
from gough.services import lifecycle
from gough.services.context import Use

MOST_MACHINES = 50_000
ENDED = {"done": ItemState.DONE, "failed": ItemState.FAILED, "cancelled": ItemState.FAILED}
MOVING = (BulkState.RUNNING.value, BulkState.STOPPING.value)

Begin = Callable[[Use, Session, str, Mapping[str, Any], str, Priority], Job]


@dataclass(frozen=True, slots=True)
class Order:
    """What to do to which machines (by id). `parameters` are the action's own, as `lifecycle` takes them."""

    action: JobKind
    machine_ids: Sequence[str]
    limits: Limits
    parameters: Mapping[str, Any] = field(default_factory=dict)
    priority: Priority = Priority.NORMAL


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a dry run says of one machine; an empty `refusal` means that it would begin."""

    machine_id: str
    hostname: str
    refusal: str = ""


def _deploy(use: Use, session: Session, machine_id: str, given: Mapping[str, Any], by: str, rank: Priority) -> Job:
    return lifecycle.request_deployment(use, session, machine_id, plan_of(given), by=by, priority=rank)


def _commission(use: Use, session: Session, machine_id: str, given: Mapping[str, Any], by: str, rank: Priority) -> Job:
    options = CommissionOptions.from_json(given)
    return lifecycle.request_commission(use, session, machine_id, options, by=by, priority=rank)


def _test(use: Use, session: Session, machine_id: str, given: Mapping[str, Any], by: str, rank: Priority) -> Job:
    return lifecycle.request_test(use, session, machine_id, ScriptOptions.from_json(given), by=by, priority=rank)


def _release(use: Use, session: Session, machine_id: str, given: Mapping[str, Any], by: str, rank: Priority) -> Job:
    options, not_ours = ReleaseOptions.from_json(given), bool(given.get("not_ours"))
    return lifecycle.request_release(use, session, machine_id, options, by=by, not_ours=not_ours, priority=rank)


ACTIONS: Mapping[JobKind, Begin] = {
    JobKind.DEPLOYMENT: _deploy,
    JobKind.COMMISSION: _commission,
    JobKind.TEST: _test,
    JobKind.RELEASE: _release,
}
TAKES: Mapping[JobKind, frozenset[str]] = {
    JobKind.DEPLOYMENT: frozenset({"template", "variables", "series", "options"}),
    JobKind.COMMISSION: frozenset(field.name for field in fields(CommissionOptions)),
    JobKind.TEST: frozenset(field.name for field in fields(ScriptOptions)),
    JobKind.RELEASE: frozenset({"erase", "not_ours"}),
}


CHECKS: Mapping[JobKind, Callable[[Session, Mapping[str, Any]], object]] = {
    JobKind.DEPLOYMENT: lambda session, parameters: lifecycle.check_plan(session, plan_of(parameters)),
    JobKind.COMMISSION: lambda _, parameters: check_scripts(CommissionOptions.from_json(parameters)),
    JobKind.TEST: lambda _, parameters: check_scripts(ScriptOptions.from_json(parameters)),
    JobKind.RELEASE: lambda _, parameters: ReleaseOptions.from_json(parameters),
}
"""What would be wrong with the parameters on any machine: raises NotFound or Invalid."""


def plan_of(parameters: Mapping[str, Any]) -> lifecycle.Plan:
    return lifecycle.Plan(
        str(parameters.get("template", "")), parameters.get("variables", {}), str(parameters.get("series", "")),
        DeployOptions.from_json(parameters.get("options", {})),
    )  # fmt: skip


def dry_run(use: Use, order: Order) -> list[Forecast]:
    """What would happen, machine by machine. Nothing is written. Raises as `begin` does."""
    with use.database.read() as session:
        found = _checked(session, order)
        return [_forecast(session, order, machine) for machine in found]


def begin(use: Use, order: Order, *, by: str) -> Bulk:
    """Write the operation down; it begins at once. Raises Invalid, NotFound, Conflict: then nothing was changed."""
    with use.database.write() as session:
        found = _checked(session, order)
        bulk = Bulk(
            action=order.action.value, max_in_flight=order.limits.max_in_flight, stop_after=order.limits.stop_after,
            priority=RANKS[order.priority],
            parameters_sealed=use.sealer.seal_text(orjson.dumps(dict(order.parameters)).decode()),
            parameters_shown=_shown(session, order), created_by=by, created_at=use.database.now(session),
        )  # fmt: skip
        session.add(bulk)
        session.flush()
        session.add_all(BulkItem(bulk_id=bulk.id, position=n, machine_id=m.id) for n, m in enumerate(found))
    advance(use, bulk.id)
    return bulk


def stop(use: Use, bulk_id: str, *, by: str) -> Bulk:
    """Begin no more; what runs goes on to its end. Raises NotFound, or Conflict when it is over."""
    with use.database.write() as session:
        bulk = _locked(session, bulk_id)
        if bulk.state not in MOVING:
            raise Conflict(f"Bulk operation {bulk.id} is over: it is {bulk.state}.")
        bulk.reason = bulk.reason or f"stopped by {by}"
        _enter(session, bulk, BulkState.STOPPING, use.database.now(session))
    advance(use, bulk_id)
    return bulk


def advance_all(use: Use) -> None:
    """Move every bulk operation on that is not over."""
    with use.database.read() as session:
        ids = session.scalars(select(Bulk.id).where(Bulk.state.in_(MOVING))).all()
    for bulk_id in ids:
        advance(use, bulk_id)


def advance(use: Use, bulk_id: str) -> None:
    """Take note of what has ended, begin what may begin; until there is nothing more to do now."""
    while _advance_once(use, bulk_id):
        use.waker.wake()


def find(session: Session, bulk_id: str) -> Bulk:
    bulk = session.get(Bulk, bulk_id)
    if bulk is None:
        raise NotFound(f"There is no bulk operation '{bulk_id}'.", hint="`gough bulk list` shows the newest.")
    return bulk


def newest(session: Session, *, limit: int = 50) -> list[Bulk]:
    return list(session.scalars(select(Bulk).order_by(Bulk.created_at.desc(), Bulk.id.desc()).limit(limit)))


def counts(session: Session, bulk_id: str) -> dict[ItemState, int]:
    query = select(BulkItem.state, func.count()).where(BulkItem.bulk_id == bulk_id).group_by(BulkItem.state)
    return {ItemState(row[0]): row[1] for row in session.execute(query)}


def _advance_once(use: Use, bulk_id: str) -> bool:
    """Whether something was begun, so that another look is worth while."""
    with use.database.write() as session:
        bulk = _locked(session, bulk_id)
        now = use.database.now(session)
        _note_ended(session, bulk)
        limits = Limits(bulk.max_in_flight, bulk.stop_after)
        wave = next_wave(BulkState(bulk.state), counts(session, bulk.id), limits)
        _enter(session, bulk, wave.state, now)
        if not wave.begin:
            return False
        # One a transaction: whoever locks several machines at once may meet another who does so the other way round.
        waiting = select(BulkItem).where(BulkItem.bulk_id == bulk.id, BulkItem.state == ItemState.WAITING.value)
        item = session.scalars(waiting.order_by(BulkItem.position).limit(1)).one()
        _begin_item(use, session, bulk, item, orjson.loads(use.sealer.open_text(bulk.parameters_sealed)))
        return True


def _note_ended(session: Session, bulk: Bulk) -> None:
    ended = (
        select(BulkItem, Job)
        .join(Job, Job.id == BulkItem.job_id)
        .where(BulkItem.bulk_id == bulk.id, BulkItem.state == ItemState.RUNNING.value, Job.state.in_(ENDED))
    )
    for item, job in session.execute(ended):
        item.state = ENDED[job.state].value
        diagnosis = job.diagnosis or {}
        item.reason = "" if job.state == "done" else diagnosis.get("summary", job.state)
    session.flush()


def _enter(session: Session, bulk: Bulk, state: BulkState, now: datetime) -> None:
    if bulk.state == state:
        return
    if state in (BulkState.STOPPING, BulkState.STOPPED):
        bulk.reason = bulk.reason or f"{bulk.stop_after} failed"
        waiting = (BulkItem.bulk_id == bulk.id, BulkItem.state == ItemState.WAITING.value)
        session.execute(update(BulkItem).where(*waiting).values(state=ItemState.SKIPPED.value, reason=bulk.reason))
    bulk.state = state.value
    if state in (BulkState.STOPPED, BulkState.DONE):
        bulk.finished_at = now


def _begin_item(use: Use, session: Session, bulk: Bulk, item: BulkItem, parameters: Mapping[str, Any]) -> None:
    """The job and the note that it began, in one commit; a refusal undoes only its own machine's part."""
    begin_one = ACTIONS[JobKind(bulk.action)]
    try:
        with session.begin_nested():
            job = begin_one(use, session, item.machine_id, parameters, bulk.created_by, word_of(bulk.priority))
    except GoughError as error:
        item.state, item.reason = ItemState.REFUSED.value, f"{error} {error.hint}"
        return
    item.state, item.job_id = ItemState.RUNNING.value, job.id


def _checked(session: Session, order: Order) -> list[Machine]:
    """The machines, in the order given. Raises Invalid for limits or parameters that cannot be, NotFound."""
    problems = []
    if order.action not in ACTIONS:
        known = ", ".join(kind.value for kind in ACTIONS)
        problems.append(Problem("/action", f"expected one of {known}"))
    if not 1 <= order.limits.max_in_flight <= 1000:
        problems.append(Problem("/max_in_flight", "expected 1 to 1000"))
    if order.limits.stop_after < 0:
        problems.append(Problem("/stop_after", "expected 0 (never) or more"))
    if not 1 <= len(order.machine_ids) <= MOST_MACHINES:
        problems.append(Problem("/ids", f"expected 1 to {MOST_MACHINES} machines; there are {len(order.machine_ids)}"))
    for name in sorted(set(order.parameters) - TAKES.get(order.action, frozenset())):
        problems.append(Problem(f"/parameters/{name}", f"{order.action.value} takes no such parameter"))
    if problems:
        raise Invalid("This bulk operation cannot begin.", problems=problems)
    CHECKS[order.action](session, order.parameters)
    return _machines(session, order.machine_ids)


def _machines(session: Session, ids: Sequence[str]) -> list[Machine]:
    found: dict[str, Machine] = {}
    for start in range(0, len(ids), 500):
        query = select(Machine).where(Machine.id.in_(ids[start : start + 500]))
        found.update((machine.id, machine) for machine in session.scalars(query))
    if missing := [machine_id for machine_id in ids if machine_id not in found]:
        raise NotFound(f"There is no machine '{missing[0]}'" + (f", nor {len(missing) - 1} more" * (len(missing) > 1)))
    return [found[machine_id] for machine_id in dict.fromkeys(ids)]


def _forecast(session: Session, order: Order, machine: Machine) -> Forecast:
    try:
        lifecycle.ready_for(session, machine.id, order.action)
        if not order.parameters.get("not_ours"):
            lifecycle.require_ours(session, machine)
    except GoughError as error:
        return Forecast(machine.id, machine.hostname, f"{error} {error.hint}")
    return Forecast(machine.id, machine.hostname)


def _shown(session: Session, order: Order) -> dict[str, Any]:
    """The parameters without secrets."""
    shown = dict(order.parameters)
    if order.action is JobKind.DEPLOYMENT:
        _, source, values = lifecycle.check_plan(session, plan_of(order.parameters))
        secret = secret_names(source.variables)
        shown["variables"] = {k: "***" if k in secret else v for k, v in values.items()}
    return shown


def _locked(session: Session, bulk_id: str) -> Bulk:
    """One process at a time counts and begins."""
    bulk = session.get(Bulk, bulk_id, with_for_update=True)
    return find(session, bulk_id) if bulk is None else bulk
