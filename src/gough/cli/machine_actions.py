"""`gough machine deploy`, `commission`, `test` and `release`: what becomes a job."""

from typing import TYPE_CHECKING, Annotated

import typer

from gough.cli import confirming, deploy_plan
from gough.cli.confirming import Confirm, NotOurs
from gough.cli.jobs import Timeout, Wait, finish
from gough.cli.machine_show import Name
from gough.cli.sharing import takes

if TYPE_CHECKING:
    from gough.services.lifecycle import Plan


@takes(plan=deploy_plan.plan)
def deploy(name: Name, plan: "Plan", wait: Wait = False, timeout: Timeout = 7200) -> None:
    """Install a machine with a template. Its disks are wiped. What is left out stays as it is in MAAS."""
    from gough.cli.embedded import me, use
    from gough.services import lifecycle

    finish(lifecycle.deploy(use(), name, plan, by=me()).id, wait=wait, timeout=timeout)


def commission(
    name: Name,
    skip_tests: Annotated[bool, typer.Option(help="No hardware tests.")] = False,
    wait: Wait = False,
    timeout: Timeout = 7200,
) -> None:
    """Let MAAS inventory the hardware."""
    from gough.cli.embedded import me, use
    from gough.services import lifecycle

    finish(lifecycle.commission(use(), name, by=me(), skip_tests=skip_tests).id, wait=wait, timeout=timeout)


def test(name: Name, confirm: Confirm = "", wait: Wait = False, timeout: Timeout = 14400) -> None:
    """Run MAAS's hardware tests. The machine is rebooted into MAAS's own system for them."""
    from gough.cli.embedded import me, use
    from gough.services import lifecycle, machines

    with use().database.read() as session:
        machine = machines.find(session, name)
    losing = f"{machine.hostname} is in service; a test reboots it."
    confirming.require_in_service(machine, confirm, losing=losing)
    finish(lifecycle.test(use(), name, by=me()).id, wait=wait, timeout=timeout)


def release(
    name: Name,
    confirm: Annotated[str, typer.Option(help="The hostname once more: the server is taken out of service.")],
    erase: Annotated[bool, typer.Option("--erase", help="Erase the disks too.")] = False,
    not_ours: NotOurs = False,
    wait: Wait = False,
    timeout: Timeout = 14400,
) -> None:
    """Give a machine back to MAAS."""
    from gough.cli.embedded import me, use
    from gough.services import lifecycle, machines

    with use().database.read() as session:
        machine = machines.find(session, name)
    confirming.require(machine, confirm, losing=f"{machine.hostname} would be taken out of service.")
    job = lifecycle.release(use(), name, by=me(), erase=erase, not_ours=not_ours)
    finish(job.id, wait=wait, timeout=timeout)
