"""`gough template versions`, `used`, `diff` and `revert`: what became of a template, and where it is at work."""

from typing import Annotated

import typer

from gough.cli.output import Format, Output, show

Name = Annotated[str, typer.Argument(help="A template's name: docker-host.")]


def versions(name: Name, output: Output = Format.TABLE) -> None:
    """Every version, newest first."""
    from gough.cli.embedded import use
    from gough.services import templates
    from gough.services.template_shape import composed

    with use().database.read() as session:
        rows = [
            {"version": v.label, "by": v.created_by, "created": v.created_at, "note": v.note, "checksum": v.checksum,
             "composed_of": [composed(each)["label"] for each in v.ancestors]}
            for v in templates.versions(session, name)
        ]  # fmt: skip
    show(rows, ("version", "by", "created", "composed_of", "note"), output)


def used(name: Name, output: Output = Format.TABLE) -> None:
    """Which machines run which version, and how often each was deployed."""
    from gough.cli.embedded import use
    from gough.services import template_history

    with use().database.read() as session:
        rows = [
            {"version": each.version.label, "deployments": each.deployments, "in_service": each.in_service,
             "others": each.others}
            for each in template_history.used(session, name)
        ]  # fmt: skip
    show(rows, ("version", "deployments", "in_service", "others"), output)


def diff(
    name: Annotated[str, typer.Argument(help="docker-host@2; with --machine also docker-host, the newest.")],
    other: Annotated[str, typer.Argument(help="The version to compare it with.")] = "",
    machine: Annotated[str, typer.Option("-m", "--machine", help="Compare with what this machine runs.")] = "",
) -> None:
    """What changes from one version to another, or from what a machine runs to a version."""
    from gough.cli.embedded import use
    from gough.domain.errors import Invalid
    from gough.services import template_diff

    if bool(other) == bool(machine):
        raise Invalid("Compare with one thing.", hint="Name a second version, or a machine with --machine.")
    if machine:
        said = template_diff.against_machine(use(), name, machine)
    else:
        with use().database.read() as session:
            said = template_diff.between(session, name, other)
    print(said, end="")


def revert(version: Annotated[str, typer.Argument(help="docker-host@1")]) -> None:
    """Make the content of an earlier version the newest one. Machines change only when they are deployed again."""
    from gough.cli.embedded import me, use
    from gough.services import template_editing

    print(template_editing.revert(use(), version, by=me()).label)
