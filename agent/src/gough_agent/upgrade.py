"""Fetches a signed upgrade and lays it where root's own unit finds it. This process could not install it."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gough_agent import offer
from gough_agent.errors import CommandFailed, Refused
from gough_agent.transport import Transport

REQUEST = "request.json"


def prepare(said: Mapping[str, Any], folder: Path, transport: Transport, key_file: Path = offer.KEY) -> str:
    """What was done, in words. Raises CommandFailed, or Unreachable; may be repeated.

    The request appears last and whole: gough-agent-upgrade.path waits for it.
    """
    wanted = offer.checked(said, key_file)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _download(wanted, folder / wanted.file, transport)
    request = folder / f"{REQUEST}.new"
    request.write_text(json.dumps(wanted._asdict()), encoding="utf-8")
    request.replace(folder / REQUEST)
    return f"version {wanted.version} is handed to gough-agent-upgrade.service"


def _download(wanted: offer.Offer, target: Path, transport: Transport) -> None:
    digest = hashlib.sha256()
    descriptor = os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:

        def write(piece: bytes) -> None:
            digest.update(piece)
            file.write(piece)

        try:
            transport.fetch(f"/agent/{wanted.file}", write, offer.MAX_PACKAGE_BYTES)
        except Refused as refusal:
            raise CommandFailed(f"the server has no package: {refusal}") from refusal
    if digest.hexdigest() != wanted.sha256:
        target.unlink()
        raise CommandFailed(f"the package's checksum is {digest.hexdigest()}, not the signed one")
