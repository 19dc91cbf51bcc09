"""Runs a program of the machine, where no file tells the same. Never a shell, never anything the server said."""

import subprocess
from collections.abc import Sequence

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
SECONDS = 4.0  # less than a collector's deadline


class ProgramFailed(Exception):
    """The message is the program's own last line."""


def run(command: Sequence[str], *, accept: Sequence[int] = (0,)) -> str:
    """What it prints. Raises ProgramFailed for another exit status than `accept`, or when it takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 — every caller's command is a constant but for a device's name
            command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ProgramFailed(f"{command[0]} took longer than {SECONDS:g} s") from error
    if done.returncode not in accept:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ProgramFailed(f"{command[0]}: {lines[-1] if lines else f'exit status {done.returncode}'}")
    return done.stdout.decode("utf-8", "replace")
