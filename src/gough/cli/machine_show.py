"""`gough machine show`, `timeline` and `why`: one machine, looked at."""

from typing import Annotated

import typer

from gough.cli.choice import backend
from gough.cli.output import Format, Output, show, show_one

Name = Annotated[str, typer.Argument(help="Hostname, fqdn, system_id or id.")]


def show_machine(name: Name, output: Output = Format.TABLE) -> None:
    """One machine: state, reason, hardware, what runs on it."""
    show_one(backend("machines").shown(name), output)


def timeline(
    name: Name,
    output: Output = Format.TABLE,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="And what happens from now on, until Ctrl-C.")] = False,
) -> None:
    """What happened to it, from every source."""
    if follow:
        from gough.cli.streaming import show_each

        show_each(backend("machines").following(name, limit), ("at", "source", "kind", "actor", "message"), output)
        return
    show(backend("machines").history(name, limit), ("at", "source", "kind", "actor", "message"), output)


def why(name: Name, output: Output = Format.TABLE) -> None:
    """Why it is not in service: stage, probable cause, evidence, next action."""
    found = backend("machines").verdict(name)
    diagnosis = found["diagnosis"]
    if output is not Format.TABLE:
        show_one(diagnosis or {"summary": found["reason"], "next_action": found["next_action"]}, output)
        return
    print(f"{found['hostname']}: {found['service'].replace('_', ' ')}")
    if diagnosis is None:
        print(found["reason"] or "Nothing is wrong.")
        return
    print(f"stage   {diagnosis['stage']}\ncause   {diagnosis['cause']}: {diagnosis['summary']}")
    for line in diagnosis["evidence"]:
        print(f"      | {line}")
    print(f"do      {diagnosis['next_action']}")
