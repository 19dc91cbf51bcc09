"""`gough machine adopt`."""

import sys
from typing import Annotated

import typer

from gough.cli.choice import backend
from gough.cli.jobs import Timeout, Wait, finish


def adopt(
    name: Annotated[str, typer.Argument(help="Hostname, system_id or id.")],
    script: Annotated[
        bool, typer.Option("--script", help="Print the whole installer: `… --script | ssh HOST sudo sh`.")
    ] = False,
    wait: Wait = False,
    timeout: Timeout = 86400,
) -> None:
    """Bring a machine in service that somebody else installed: prints the command to run on it as root."""
    made = backend("work").adopt(name)
    print(made["script" if script else "command"], end="" if script else "\n", flush=True)
    sys.stderr.write(f"Run this on the machine as root, within 24 hours. It holds a secret. Job: {made['job_id']}\n")
    if wait:
        finish(made["job_id"], wait=True, timeout=timeout)
