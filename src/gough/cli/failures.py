"""How a failure looks on the command line, and which exit code it has."""

import sys

from gough.domain.errors import (
    Conflict,
    Denied,
    GoughError,
    Invalid,
    Misconfigured,
    NotFound,
    Unauthenticated,
    Unavailable,
)

FAILED = 1
EXIT_CODES: tuple[tuple[type[GoughError], int], ...] = (
    (Invalid, 2),
    (Misconfigured, 3),
    (NotFound, 4),
    (Conflict, 5),
    (Unavailable, 6),
    (Unauthenticated, 7),
    (Denied, 7),
)


def report(error: GoughError) -> int:
    """Print what happened, what it means and what to do; the exit code."""
    lines = [f"error: {error}"]
    lines += [f"  {problem.pointer}: {problem.message}" for problem in error.problems]
    lines += [f"       {error.meaning}", f"  do:  {error.hint}"]
    if error.retryable:
        lines.append("       Trying again later may help.")
    print("\n".join(lines), file=sys.stderr)
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), FAILED)
