"""`gough serve`, `gough doctor`, `gough db`."""

import os
from typing import Annotated, Any

import typer

from gough.cli.output import Format, Output, show

db = typer.Typer(help="The database's schema: upgrade, current, check.", no_args_is_help=True)


def serve() -> None:
    """Run the portal, the API and the workers. Settings come from the environment."""
    from gough.config import read_settings
    from gough.web.server import serve as run

    run(read_settings(os.environ))


def worker(
    queue: Annotated[list[str] | None, typer.Option(help="Only this queue, default or ansible; repeatable.")] = None,
) -> None:
    """Move jobs that the queues give (GOUGH_EXECUTOR=celery). Start as many as there is work for."""
    from gough.bootstrap import redis_url, wire
    from gough.jobs.celery_queue import work
    from gough.jobs.leases import Mover
    from gough.jobs.pulse import pulse
    from gough.jobs.routing import chosen
    from gough.persistence import schema
    from gough.web import logs

    queues, use = chosen(queue or ()), wire(_for_celery()).use
    logs.configure("DEBUG" if use.settings.debug else use.settings.log_level)
    schema.require_newest(use.database)
    settings, mover = use.settings, Mover(use)
    work(
        redis_url(settings), mover, threads=settings.worker_threads, log_level=settings.log_level, queues=queues,
        beat=pulse(settings.pulse_file),
    )  # fmt: skip
    use.close()


def beat() -> None:
    """Follow MAAS, do what recurs, give due jobs to the workers (GOUGH_EXECUTOR=celery). One is enough."""
    import signal
    from threading import Event

    from gough.bootstrap import Role, wire
    from gough.persistence import schema
    from gough.web import logs

    application = wire(_for_celery())
    settings, ended = application.use.settings, Event()
    logs.configure("DEBUG" if settings.debug else settings.log_level)
    schema.require_newest(application.use.database)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    application.start(Role.BEAT)
    ended.wait()
    application.close()


def _for_celery() -> Any:
    """Raises Misconfigured with the other executor: then `gough serve` does all of it."""
    from gough.config import read_settings
    from gough.domain.errors import Misconfigured

    settings = read_settings(os.environ)
    if settings.executor != "celery":
        hint = "Set GOUGH_EXECUTOR=celery for every process, or let `gough serve` do the work."
        raise Misconfigured("GOUGH_EXECUTOR is threads.", hint=hint)
    return settings


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
