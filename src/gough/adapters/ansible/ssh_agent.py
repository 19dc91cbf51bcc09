"""An ssh-agent for one run: it holds the private key in its memory, so that no file does."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from gough.domain.errors import Unavailable

SECONDS = 10


@contextmanager
def holding(private_key: str, folder: Path) -> Iterator[Path]:
    """The agent's socket in `folder`, for SSH_AUTH_SOCK. Raises Unavailable without OpenSSH's client."""
    socket = folder / "agent"
    environment = {"PATH": os.environ.get("PATH", os.defpath), "SSH_AUTH_SOCK": str(socket)}
    quiet = subprocess.DEVNULL
    try:
        agent = subprocess.Popen(
            ["ssh-agent", "-D", "-a", str(socket)], env=environment, stdin=quiet, stdout=quiet, stderr=quiet
        )
    except FileNotFoundError:
        raise Unavailable("Ansible", "there is no ssh-agent", hint="Install OpenSSH's client.") from None
    try:
        _await(socket)
        added = subprocess.run(
            ["ssh-add", "-q", "-"], input=private_key, env=environment, capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
        if added.returncode:
            raise Unavailable("Ansible", f"ssh-agent does not take Gough's key: {added.stderr.strip()[:200]}")
        yield socket
    finally:
        agent.kill()
        agent.wait()


def _await(socket: Path) -> None:
    pause = Event()
    for _ in range(SECONDS * 50):
        if socket.is_socket():
            return
        pause.wait(0.02)
    raise Unavailable("Ansible", "ssh-agent does not start")
