"""`gough`: the entry point. Commands are nouns with verbs; `-o table|json|yaml` works on everything that lists."""

import sys
from typing import Annotated

import typer

from gough import __version__
from gough.cli import (
    api,
    api_keys,
    audit,
    auditing,
    backups,
    bulk,
    contexts,
    fleet,
    here,
    jobs,
    lab,
    login,
    machines,
    metrics,
    regions,
    secrets,
    server,
    templates,
    users,
    windows,
)
from gough.cli.failures import report

app = typer.Typer(
    name="gough",
    help="Takes a bare server from power-on to in service and keeps it there.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("lab")(lab.lab)
app.command("serve")(server.serve)
app.command("worker")(server.worker)
app.command("beat")(server.beat)
app.command("doctor")(server.doctor)
app.command("backup")(backups.backup)
app.command("restore")(backups.restore)
app.command("sync")(regions.sync)
app.add_typer(server.db, name="db")
app.add_typer(regions.app, name="region")
app.add_typer(fleet.app, name="fleet")
app.add_typer(machines.app, name="machine")
app.add_typer(metrics.app, name="metrics")
app.add_typer(templates.app, name="template")
app.add_typer(jobs.app, name="job")
app.add_typer(bulk.app, name="bulk")
app.add_typer(windows.app, name="window")
app.add_typer(users.app, name="user")
app.add_typer(api_keys.app, name="api-key")
app.add_typer(audit.app, name="audit")
app.add_typer(secrets.app, name="secrets")
app.add_typer(contexts.app, name="context")
app.command("login")(login.login)
app.command("logout")(login.logout)
app.command("api")(api.api)
auditing.record(app)
here.limit(app)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"gough {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: Annotated[
        str, typer.Option(metavar="NAME", autocompletion=contexts.names, help="The server to work with: a context.")
    ] = "",
    url: Annotated[str, typer.Option(metavar="URL", help="The server to work with: its address.")] = "",
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    del version
    from gough.cli import choice

    choice.given = choice.Given(context, url)


def main() -> None:
    """Errors that Gough raises on purpose end in a sentence and an exit code, never in a traceback."""
    from gough.domain.errors import GoughError

    try:
        app()
    except GoughError as error:
        sys.exit(report(error))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
