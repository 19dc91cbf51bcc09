"""`gough machine power`, `lock`, `rescue`, …: what MAAS does while the command waits, without a job; and `set`."""

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from gough.cli import confirming
from gough.cli.choice import backend
from gough.cli.confirming import Confirm, NotOurs
from gough.cli.machine_show import Name
from gough.domain.operations import MANNERS, Operation

power = typer.Typer(help="Power: on, off, query.", no_args_is_help=True)
POWER: Mapping[str, tuple[Operation, str]] = {
    "on": (Operation.POWER_ON, "Switch a machine on."),
    "off": (Operation.POWER_OFF, "Switch a machine off, whatever runs on it."),
    "query": (Operation.POWER_QUERY, "Ask the machine's BMC whether it is on."),
}
OTHERS: Mapping[str, tuple[Operation, str]] = {
    "lock": (Operation.LOCK, "Lock a deployed machine in MAAS: nobody can release it then."),
    "unlock": (Operation.UNLOCK, "Take MAAS's lock away."),
    "mark-broken": (Operation.MARK_BROKEN, "Tell MAAS that a machine is broken: nobody can deploy it then."),
    "mark-fixed": (Operation.MARK_FIXED, "Tell MAAS that a broken machine works again."),
    "rescue": (Operation.RESCUE, "Boot a machine into MAAS's rescue system."),
    "exit-rescue": (Operation.EXIT_RESCUE, "Leave the rescue system."),
    "abort": (Operation.ABORT, "Abort what MAAS does to a machine, when no job of Gough's works on it."),
}
Part = str | None
Several = list[str] | None


def command(wanted: Operation, about: str) -> Callable[..., None]:
    """The command of one operation; one that whoever uses the machine would notice takes the two words more."""

    def quiet(name: Name) -> None:
        _operate(name, wanted)

    def disturbing(name: Name, confirm: Confirm = "", not_ours: NotOurs = False) -> None:
        _operate(name, wanted, confirm=confirm, not_ours=not_ours)

    made = disturbing if MANNERS[wanted].disturbs else quiet
    made.__doc__ = about
    return made


for verb, (each, says) in POWER.items():
    power.command(verb)(command(each, says))


def change(
    name: Name,
    hostname: Annotated[Part, typer.Option(help="Another hostname.")] = None,
    pool: Annotated[Part, typer.Option(help="Another resource pool.")] = None,
    zone: Annotated[Part, typer.Option(help="Another zone.")] = None,
    description: Annotated[Part, typer.Option(help="MAAS's note on it; '' clears it.")] = None,
    add_tag: Annotated[Several, typer.Option(help="A tag to add; may be given several times.")] = None,
    remove_tag: Annotated[Several, typer.Option(help="A tag to take away; may be given several times.")] = None,
) -> None:
    """Change what MAAS keeps of a machine: name, pool, zone, description, tags."""
    given = {"hostname": hostname, "pool": pool, "zone": zone, "description": description}
    fields = {field: value for field, value in given.items() if value is not None}
    seen = backend("work").change(name, fields, add_tags=add_tag or (), remove_tags=remove_tag or ())
    tags = ", ".join(seen["tags"]) or "-"
    print(f"{seen['hostname']}: pool {seen['pool']}, zone {seen['zone']}, tags {tags}.")


def _operate(name: str, wanted: Operation, *, confirm: str = "", not_ours: bool = False) -> None:
    if confirm or MANNERS[wanted].disturbs:
        machine = backend("machines").named(name)
        losing = f"{machine['hostname']} is in service; this disturbs whoever uses it."
        confirming.require_in_service(machine, confirm, losing=losing)
    seen = backend("work").operate(name, wanted, not_ours=not_ours)
    status, power_state = seen["maas_status"], seen["power_state"]
    print(f"{seen['hostname']}: {MANNERS[wanted].done}. MAAS says {status}, power {power_state}.")
