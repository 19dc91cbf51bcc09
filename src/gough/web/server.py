"""Serving: granian in front, worker processes that answer requests and move jobs; one, unless more are wished.

The parent brings the database up to date and watches over workers. It never works itself, so killing it in any way
must not leave workers behind, and killing a worker brings a new one.
"""

import ctypes
import gc
import os
import signal
import sys
from functools import partial
from typing import Any

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from gough import bootstrap
from gough.config import Settings
from gough.domain.errors import GoughError
from gough.persistence import schema
from gough.services import people
from gough.web import logs, traffic
from gough.web.guard import Guard
from gough.web.signals import on_end
from gough.web.wsgi import create

BLOCKING_THREADS = 128  # up to 64 of them hold a live stream
STOP_SECONDS = 15
GARBAGE = 10_000  # new objects until the collector looks at the youngest; a heartbeat makes some hundreds
HEADER_MILLISECONDS = 10_000  # a connection that has not said what it wants by then is closed
_PR_SET_PDEATHSIG = 1

log = structlog.get_logger()
_serving: Guard | None = None  # in a worker: what it serves, for its own end


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises Misconfigured before anything listens."""
    logs.configure("DEBUG" if settings.debug else settings.log_level)
    _prepare(settings)
    if settings.web_processes > 1:
        traffic.share(settings.data_dir / "traffic")
    server = Server(
        "gough",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_processes,
        blocking_threads=BLOCKING_THREADS,
        backpressure=BLOCKING_THREADS * 2,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=STOP_SECONDS,
        http=HTTPModes.http1,  # a proxy speaks it, and there is no use for another way in
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        websockets=False,
        log_level=LogLevels.error,
        log_dictconfig={"handlers": {}, "formatters": {}, "loggers": {"_granian": {"propagate": True}}},
    )
    log.info("serving", address=f"http://{settings.host}:{settings.port}", public_url=settings.public_url)
    server.serve(
        spawn_target=_work, target_loader=partial(_load, settings, os.getpid()), wrap_loader=False,
    )  # fmt: skip


def _prepare(settings: Settings) -> None:
    """What is done once, before any worker: migrations, the template library, the set-up secret."""
    application = bootstrap.wire(settings)
    try:
        bootstrap.prepare(application.use)
        secret = people.prepare_setup(application.use)
    finally:
        application.use.database.close()
    if secret is None:
        return
    where = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    shown = "as given in GOUGH_SETUP_SECRET" if settings.setup_secret else secret
    sys.stderr.write(f"\nNobody administers this Gough yet. Open {where}/setup\nSet-up secret: {shown}\n\n")
    sys.stderr.flush()


def _load(settings: Settings, parent: int) -> Guard:
    """In the worker: wire, check, start. Raises SystemExit after logging why it cannot."""
    global _serving  # noqa: PLW0603
    _die_with(parent)
    logs.configure("DEBUG" if settings.debug else settings.log_level)
    try:
        application = bootstrap.wire(settings)
        schema.require_newest(application.use.database)
        guard = create(application)
    except GoughError as error:
        log.error("the worker does not start", error=str(error), hint=error.hint)
        raise SystemExit(3) from None
    on_end(guard.site.feed.close)
    application.start()
    _serving = guard
    settle_memory()
    return guard


def settle_memory() -> None:
    """What has been loaded by now stays to the end: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 20)


def _work(*arguments: Any) -> None:
    """The worker's whole life: granian serves until it is told to stop, then jobs and database are let go."""
    try:
        Server._spawn_wsgi_worker(*arguments)
    finally:
        if _serving is not None:
            _serving.site.feed.close()
            _serving.site.application.close()


def _die_with(parent: int) -> None:
    """A parent that is killed takes this process with it, so that nobody serves from a port no one owns."""
    if sys.platform == "linux":  # elsewhere the worker outlives a killed parent until it is ended by hand
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        os._exit(1)
