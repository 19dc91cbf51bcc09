"""Saying the hostname once more before something that is not easily undone."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

NotOurs = Annotated[bool, typer.Option("--not-ours", help="Yes, although somebody else uses it.")]
Confirm = Annotated[str, typer.Option(metavar="HOSTNAME", help="The hostname once more, for a machine in service.")]


def require_in_service(machine: Mapping[str, Any], confirm: str, *, losing: str) -> None:
    """As `require`, where only a machine in service needs the word; a wrong one is refused for any."""
    from gough.domain.service_state import ServiceState

    if confirm or machine["service"] == ServiceState.IN_SERVICE:
        require(machine, confirm, losing=losing)


def require(machine: Mapping[str, Any], confirm: str, *, losing: str) -> None:
    """Raises Invalid when `confirm` is not the hostname. `losing`: what happens to the machine otherwise."""
    from gough.domain.errors import Invalid

    hostname = machine["hostname"]
    if confirm == hostname:
        return
    said = f"--confirm says '{confirm}', the machine is '{hostname}'." if confirm else losing
    raise Invalid(said, hint=f"If that is what you want, add --confirm {hostname}.")
