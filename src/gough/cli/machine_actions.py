"""`gough machine deploy`, `commission`, `test` and `release`: what becomes a job."""

from typing import Annotated

import typer

from gough.cli.jobs import Timeout, Wait, finish
from gough.cli.machine_show import Name


def deploy(
    name: Name,
    template: Annotated[str, typer.Argument(help="A template: docker-host, or docker-host@2.")],
    variable: Annotated[list[str] | None, typer.Option("-v", "--var", help="name=value, or name=@file.")] = None,
    series: Annotated[str, typer.Option(help="Another release than the template's.")] = "",
    wait: Wait = False,
    timeout: Timeout = 7200,
) -> None:
    """Install a machine with a template. Its disks are wiped."""
    from gough.cli.embedded import me, use
    from gough.cli.variables import parse
    from gough.services import lifecycle

    plan = lifecycle.Plan(template, parse(variable or []), series)
    job = lifecycle.deploy(use(), name, plan, by=me())
    finish(job.id, wait=wait, timeout=timeout)


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


def test(name: Name, wait: Wait = False, timeout: Timeout = 14400) -> None:
    """Run MAAS's hardware tests."""
    from gough.cli.embedded import me, use
    from gough.services import lifecycle

    finish(lifecycle.test(use(), name, by=me()).id, wait=wait, timeout=timeout)


def release(
    name: Name,
    confirm: Annotated[str, typer.Option(help="The hostname once more: the server is taken out of service.")],
    erase: Annotated[bool, typer.Option(help="Erase the disks too.")] = False,
    wait: Wait = False,
    timeout: Timeout = 14400,
) -> None:
    """Give a machine back to MAAS."""
    from gough.cli.embedded import me, use
    from gough.domain.errors import Invalid
    from gough.services import lifecycle, machines

    with use().database.read() as session:
        hostname = machines.find(session, name).hostname
    if confirm != hostname:
        raise Invalid(f"--confirm says '{confirm}', the machine is '{hostname}'.")
    finish(lifecycle.release(use(), name, by=me(), erase=erase).id, wait=wait, timeout=timeout)
