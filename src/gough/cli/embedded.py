"""Commands work on the database of the environment, with the same use cases as the server."""

import getpass
import logging
import os
import sys
from functools import cache

import structlog

from gough.bootstrap import Application
from gough.cli.choice import require_here
from gough.services.context import Use


def use() -> Use:
    """Jobs made with it are picked up by a running server within a second."""
    return application().use


@cache
def application() -> Application:
    """Wired from the environment; nothing of it runs. Raises Invalid where a server is chosen: this is another one."""
    require_here()
    from gough.bootstrap import wire
    from gough.persistence.schema import require_newest

    quiet = structlog.make_filtering_bound_logger(logging.ERROR)
    structlog.configure(wrapper_class=quiet, logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    wired = wire()
    require_newest(wired.use.database)
    return wired


def me() -> str:
    """How the timeline names whoever runs this command."""
    try:
        return f"{getpass.getuser()} (cli)"
    except (KeyError, OSError):  # a container's user has a number and no name
        return f"uid {os.getuid()} (cli)"
