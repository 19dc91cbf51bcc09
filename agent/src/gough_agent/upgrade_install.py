"""Root's half of an upgrade: gough-agent-upgrade.service runs it when the agent has left a request.

The agent's folder is not trusted: the package is copied out of it first, and everything is checked again on the copy.
"""

import contextlib
import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gough_agent import offer
from gough_agent.errors import CommandFailed
from gough_agent.upgrade import REQUEST

MAX_REQUEST_BYTES = 4096
INSTALL = ("/usr/bin/dpkg", "--install")


def install(folder: Path, key_file: Path = offer.KEY, command: Sequence[str] = INSTALL) -> str:
    """What was done, in words. Raises CommandFailed. The request is gone whatever happens: it is tried once."""
    parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        said = json.loads(_read(parent, REQUEST, MAX_REQUEST_BYTES))
        wanted = offer.checked(said if isinstance(said, dict) else {}, key_file)
        package = _read(parent, wanted.file, offer.MAX_PACKAGE_BYTES)
    except (OSError, ValueError) as error:
        raise CommandFailed(f"the request cannot be read: {error}") from error
    finally:
        _empty(parent)
        os.close(parent)
    if hashlib.sha256(package).hexdigest() != wanted.sha256:
        raise CommandFailed("the package's checksum is not the signed one")
    with tempfile.TemporaryDirectory() as own:
        copy = Path(own, wanted.file)
        copy.write_bytes(package)
        done = subprocess.run([*command, str(copy)], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise CommandFailed(f"dpkg could not install {wanted.file}: {lines[-1] if lines else done.returncode}")
    return f"installed version {wanted.version}"


def _read(parent: int, name: str, limit: int) -> bytes:
    """Of a plain file in that folder; a link or a pipe is an OSError."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=parent)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(f"{name} is larger than {limit} bytes")
    return content


def _empty(parent: int) -> None:
    for name in os.listdir(parent):
        with contextlib.suppress(OSError):  # a folder is not the agent's doing; it stays
            os.unlink(name, dir_fd=parent)
