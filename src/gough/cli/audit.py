"""`gough audit`: who did what, and whether the log is whole."""

import sys
from typing import Annotated

import typer

from gough.cli.choice import backend
from gough.cli.output import Format, Output, show

app = typer.Typer(help="The audit log: list, verify, export.", no_args_is_help=True)
COLUMNS = ("at", "actor", "action", "target", "outcome", "address")


@app.command("list")
def list_entries(
    actor: Annotated[str, typer.Option(help="Who, exactly.")] = "",
    action: Annotated[str, typer.Option(help="A part of what was done.")] = "",
    target: Annotated[str, typer.Option(help="A part of what it was done to.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    output: Output = Format.TABLE,
) -> None:
    """The newest entries first."""
    rows = backend("audit").newest(actor=actor, action=action, target=target, limit=limit)
    if output is Format.TABLE:
        for row in rows:
            row["at"] = f"{row['at']:%Y-%m-%d %H:%M:%S}"
    show(rows, COLUMNS, output)


@app.command()
def verify(
    against: Annotated[typer.FileText | None, typer.Option(help="An export that was kept elsewhere.")] = None,
) -> None:
    """Whether any entry was changed, removed or cut off; exit code 1 when one was."""
    from gough.cli.embedded import use
    from gough.services import audit_chain, audit_verifying

    audit_chain.extend(use())
    kept = audit_verifying.read_checkpoints(use(), against.read()) if against else []
    verdict = audit_verifying.verify(use(), kept)
    for fault in verdict.faults:
        print(fault)
    if verdict.faults:
        raise typer.Exit(1)
    beside = f" and {len(kept)} kept elsewhere" if against else ""
    print(f"{verdict.entries} entries are whole, by {verdict.checkpoints} checkpoints{beside}.")


@app.command()
def export() -> None:
    """Every entry and every signed checkpoint, as JSON, one a line. Keep it where this server cannot write."""
    from gough.cli.embedded import use
    from gough.services import audit_chain, audit_verifying

    audit_chain.extend(use())
    for line in audit_verifying.exported(use()):
        sys.stdout.write(line.decode())
