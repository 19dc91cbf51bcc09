"""Commands work on the database of the environment, with the same use cases as the server."""

import getpass
import logging
from functools import cache

import structlog

from gough.services.context import Use


@cache
def use() -> Use:
    """Wired from the environment; jobs made here are picked up by a running server within a second."""
    from gough.bootstrap import wire
    from gough.persistence.schema import require_newest

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    wired = wire().use
    require_newest(wired.database)
    return wired


def me() -> str:
    """How the timeline names whoever runs this command."""
    return f"{getpass.getuser()} (cli)"
