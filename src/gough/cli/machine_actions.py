"""`gough machine deploy`, `commission`, `test` and `release`: what becomes a job."""

from typing import TYPE_CHECKING, Annotated

import typer

from gough.cli import confirming, deploy_plan, machine_wishes
from gough.cli.choice import backend
from gough.cli.confirming import Confirm, NotOurs
from gough.cli.jobs import Timeout, Urgency, Wait, finish
from gough.cli.machine_show import Name
from gough.cli.sharing import takes
from gough.domain.priorities import Priority

if TYPE_CHECKING:
    from gough.domain.machine_options import CommissionOptions, ReleaseOptions, ScriptOptions


@takes(plan=deploy_plan.plan)
def deploy(
    name: Name, plan: deploy_plan.Plan, priority: Urgency = Priority.NORMAL, wait: Wait = False, timeout: Timeout = 7200
) -> None:
    """Install a machine with a template. Its disks are wiped. What is left out stays as it is in MAAS."""
    finish(backend("work").deploy(name, plan, priority), wait=wait, timeout=timeout)


def redeploy(
    name: Name,
    version: Annotated[int | None, typer.Option(min=1, help="That version of its template.")] = None,
    previous: Annotated[bool, typer.Option("--previous", help="The version before its own, as without.")] = False,
    priority: Urgency = Priority.NORMAL,
    wait: Wait = False,
    timeout: Timeout = 7200,
) -> None:
    """Install a machine with an older version of its template and the variables it was deployed with."""
    from gough.domain.errors import Invalid

    if version is not None and previous:
        raise Invalid("--version and --previous do not go together.", hint="Give one of them, or none.")
    finish(backend("work").redeploy(name, version, priority), wait=wait, timeout=timeout)


@takes(options=machine_wishes.commissioning)
def commission(
    name: Name,
    options: "CommissionOptions",
    priority: Urgency = Priority.NORMAL,
    wait: Wait = False,
    timeout: Timeout = 7200,
) -> None:
    """Let MAAS inventory the hardware."""
    finish(backend("work").commission(name, options, priority), wait=wait, timeout=timeout)


@takes(options=machine_wishes.scripts)
def test(
    name: Name,
    options: "ScriptOptions",
    confirm: Confirm = "",
    priority: Urgency = Priority.NORMAL,
    wait: Wait = False,
    timeout: Timeout = 14400,
) -> None:
    """Run MAAS's hardware tests. The machine is rebooted into MAAS's own system for them."""
    machine = backend("machines").named(name)
    losing = f"{machine['hostname']} is in service; a test reboots it."
    confirming.require_in_service(machine, confirm, losing=losing)
    finish(backend("work").test(name, options, priority), wait=wait, timeout=timeout)


@takes(options=machine_wishes.releasing)
def release(
    name: Name,
    options: "ReleaseOptions",
    confirm: Annotated[str, typer.Option(help="The hostname once more: the server is taken out of service.")],
    not_ours: NotOurs = False,
    priority: Urgency = Priority.NORMAL,
    wait: Wait = False,
    timeout: Timeout = 90000,
) -> None:
    """Give a machine back to MAAS."""
    machine = backend("machines").named(name)
    confirming.require(machine, confirm, losing=f"{machine['hostname']} would be taken out of service.")
    finish(backend("work").release(name, options, priority, not_ours=not_ours), wait=wait, timeout=timeout)
