"""`gough template versions`, `used`, `diff` and `revert`: what became of a template, and where it is at work."""

from typing import Annotated

import typer

from gough.cli.choice import backend
from gough.cli.output import Format, Output, show

Name = Annotated[str, typer.Argument(help="A template's name: docker-host.")]


def versions(name: Name, output: Output = Format.TABLE) -> None:
    """Every version, newest first."""
    rows = [
        {"version": v["label"], "by": v["created_by"], "created": v["created_at"], "note": v["note"],
         "checksum": v["checksum"], "composed_of": [each["label"] for each in v["composed_of"]]}
        for v in backend("templates").versions(name)
    ]  # fmt: skip
    show(rows, ("version", "by", "created", "composed_of", "note"), output)


def used(name: Name, output: Output = Format.TABLE) -> None:
    """Which machines run which version, and how often each was deployed."""
    show(backend("templates").used(name), ("version", "deployments", "in_service", "others"), output)


def diff(
    name: Annotated[str, typer.Argument(help="docker-host@2; with --machine also docker-host, the newest.")],
    other: Annotated[str, typer.Argument(help="The version to compare it with.")] = "",
    machine: Annotated[str, typer.Option("-m", "--machine", help="Compare with what this machine runs.")] = "",
) -> None:
    """What changes from one version to another, or from what a machine runs to a version."""
    from gough.domain.errors import Invalid

    if bool(other) == bool(machine):
        raise Invalid("Compare with one thing.", hint="Name a second version, or a machine with --machine.")
    known = backend("templates")
    print(known.against(name, machine) if machine else known.between(name, other), end="")


def revert(version: Annotated[str, typer.Argument(help="docker-host@1")]) -> None:
    """Make the content of an earlier version the newest one. Machines change only when they are deployed again."""
    print(backend("templates").revert(version))
