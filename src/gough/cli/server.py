"""`gough serve`, `gough doctor`, `gough db`."""

import os

import typer

from gough.cli.output import Format, Output, show

db = typer.Typer(help="The database's schema: upgrade, current, check.", no_args_is_help=True)


def serve() -> None:
    """Run the portal, the API and the workers. Settings come from the environment."""
    from gough.config import read_settings
    from gough.web.server import serve as run

    run(read_settings(os.environ))


def doctor(output: Output = Format.TABLE) -> None:
    """Check every setting and everything Gough needs; exit 1 when something is wrong."""
    from gough.cli.checkup import checkup

    rows = checkup()
    show(rows, ("check", "state", "detail", "do"), output)
    if any(row["state"] == "wrong" for row in rows):
        raise typer.Exit(1)


@db.command()
def upgrade() -> None:
    """Bring the database to this version's schema."""
    from gough.bootstrap import wire
    from gough.persistence import schema

    database = wire().use.database
    schema.upgrade(database)
    print(f"schema {schema.current(database)}")


@db.command()
def current() -> None:
    """Which schema the database is at, and which this version wants."""
    from gough.bootstrap import wire
    from gough.persistence import schema

    print(f"database {schema.current(wire().use.database) or 'empty'}, this version {schema.newest()}")


@db.command()
def check() -> None:
    """Whether the database agrees with this version; exit 1 when it does not."""
    from gough.bootstrap import wire
    from gough.persistence import schema

    database = wire().use.database
    schema.require_newest(database)
    for difference in schema.differences(database):
        print(difference)
        raise typer.Exit(1)
    print("The database agrees with this version.")
