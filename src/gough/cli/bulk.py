"""`gough bulk`: one action on many machines, in waves."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gough.cli import deploy_plan, machine_wishes
from gough.cli.bulk_begin import Manner, begin, manner
from gough.cli.confirming import NotOurs
from gough.cli.machine_choice import chosen
from gough.cli.output import Format, Output, show, show_one
from gough.cli.sharing import takes

if TYPE_CHECKING:
    from gough.domain.machine_options import CommissionOptions, ReleaseOptions, ScriptOptions
    from gough.services.lifecycle import Plan

app = typer.Typer(
    help="One action on many machines: deploy, commission, test, release; list, show, stop.", no_args_is_help=True
)
BulkId = Annotated[str, typer.Argument(help="The bulk operation's id.")]
COLUMNS = ("id", "action", "state", "machines", "results", "created_by", "created_at", "reason")


@app.command()
@takes(plan=deploy_plan.plan_of_many, ids=chosen, how=manner)
def deploy(plan: "Plan", ids: list[str], how: Manner) -> None:
    """Install many machines with a template. Their disks are wiped."""
    options = plan.options.as_json()
    parameters = {"template": plan.template, "variables": plan.variables, "series": plan.series, "options": options}
    begin("deploy", ids, parameters, how)


@app.command()
@takes(options=machine_wishes.commissioning, ids=chosen, how=manner)
def commission(options: "CommissionOptions", ids: list[str], how: Manner) -> None:
    """Let MAAS inventory the hardware of many machines."""
    begin("commission", ids, options.as_json(), how)


@app.command()
@takes(options=machine_wishes.scripts, ids=chosen, how=manner)
def test(options: "ScriptOptions", ids: list[str], how: Manner) -> None:
    """Run MAAS's hardware tests on many machines. They are rebooted into MAAS's own system for them."""
    begin("test", ids, options.as_json(), how)


@app.command()
@takes(options=machine_wishes.releasing, ids=chosen, how=manner)
def release(options: "ReleaseOptions", ids: list[str], how: Manner, not_ours: NotOurs = False) -> None:
    """Give many machines back to MAAS."""
    begin("release", ids, {**options.as_json(), "not_ours": not_ours}, how)


@app.command("list")
def list_bulk(output: Output = Format.TABLE, limit: Annotated[int, typer.Option(min=1, max=200)] = 20) -> None:
    """The newest bulk operations."""
    from gough.cli.embedded import use
    from gough.services import bulk

    with use().database.read() as session:
        rows = [_row(each, bulk.counts(session, each.id)) for each in bulk.newest(session, limit=limit)]
    show(rows, COLUMNS, output)


@app.command("show")
def show_bulk(
    bulk_id: BulkId,
    output: Output = Format.TABLE,
    state: Annotated[str, typer.Option(help="Only machines that are waiting, running, done, failed, …")] = "",
) -> None:
    """One bulk operation, and how it went on each machine."""
    from gough.cli.embedded import use
    from gough.domain.errors import Invalid, Problem
    from gough.domain.waves import ItemState
    from gough.services import bulk, bulk_results

    if state and state not in set(ItemState):
        raise Invalid(
            "The list cannot be made.", problems=[Problem("--state", f"expected one of {', '.join(ItemState)}")]
        )
    wanted = ItemState(state) if state else None
    with use().database.read() as session:
        found = bulk.find(session, bulk_id)
        row = _row(found, bulk.counts(session, found.id))
        results = bulk_results.results(session, found.id, state=wanted, limit=bulk.MOST_MACHINES)
    machines = [{**asdict(each), "machine": each.hostname, "job": each.job_id} for each in results]
    if output is not Format.TABLE:
        show_one({**row, "items": [asdict(each) for each in results]}, output)
        return
    show_one(row, output)
    print()
    show(machines, ("machine", "state", "job", "reason"), output)


@app.command()
def stop(bulk_id: BulkId) -> None:
    """Begin no more; what runs goes on to its end."""
    from gough.cli.embedded import me, use
    from gough.services import bulk

    found = bulk.stop(use(), bulk_id, by=me())
    print(f"{found.id} begins no more machines.")


def _row(found: Any, counts: Any) -> dict[str, Any]:
    from gough.domain.priorities import word_of
    from gough.services.bulk_results import verb_of

    return {
        "id": found.id, "action": verb_of(found.action), "state": found.state, "reason": found.reason,
        "priority": word_of(found.priority).value,
        "machines": sum(counts.values()), "results": ", ".join(f"{n} {state.value}" for state, n in counts.items()),
        "max_in_flight": found.max_in_flight, "stop_after": found.stop_after, "parameters": found.parameters_shown,
        "created_by": found.created_by, "created_at": found.created_at, "finished_at": found.finished_at,
    }  # fmt: skip
