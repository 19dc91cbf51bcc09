"""`gough bulk`: one action on many machines, in waves."""

from typing import TYPE_CHECKING, Annotated

import typer

from gough.cli import deploy_plan, machine_wishes
from gough.cli.bulk_begin import Manner, begin, manner
from gough.cli.choice import backend
from gough.cli.confirming import NotOurs
from gough.cli.machine_choice import chosen
from gough.cli.output import Format, Output, show, show_one
from gough.cli.sharing import takes

if TYPE_CHECKING:
    from gough.domain.machine_options import CommissionOptions, ReleaseOptions, ScriptOptions

app = typer.Typer(
    help="One action on many machines: deploy, commission, test, release; list, show, stop.", no_args_is_help=True
)
BulkId = Annotated[str, typer.Argument(help="The bulk operation's id.")]
COLUMNS = ("id", "action", "state", "priority", "machines", "results", "created_by", "created_at", "reason")


@app.command()
@takes(plan=deploy_plan.plan_of_many, ids=chosen, how=manner)
def deploy(plan: deploy_plan.Plan, ids: list[str], how: Manner) -> None:
    """Install many machines with a template. Their disks are wiped."""
    begin("deploy", ids, plan, how)


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
    show(backend("bulk").newest(limit), COLUMNS, output)


@app.command("show")
def show_bulk(
    bulk_id: BulkId,
    output: Output = Format.TABLE,
    state: Annotated[str, typer.Option(help="Only machines that are waiting, running, done, failed, …")] = "",
) -> None:
    """One bulk operation, and how it went on each machine."""
    from gough.domain.errors import Invalid, Problem
    from gough.domain.waves import ItemState

    if state and state not in set(ItemState):
        raise Invalid(
            "The list cannot be made.", problems=[Problem("--state", f"expected one of {', '.join(ItemState)}")]
        )
    found = backend("bulk").one(bulk_id, ItemState(state) if state else None)
    if output is not Format.TABLE:
        show_one(found, output)
        return
    items = found.pop("items")
    show_one(found, output)
    print()
    machines = [{**each, "machine": each["hostname"], "job": each["job_id"]} for each in items]
    show(machines, ("machine", "state", "job", "reason"), output)


@app.command()
def stop(bulk_id: BulkId) -> None:
    """Begin no more; what runs goes on to its end."""
    backend("bulk").stop(bulk_id)
    print(f"{bulk_id} begins no more machines.")
