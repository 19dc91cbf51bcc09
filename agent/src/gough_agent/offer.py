"""An offered upgrade: what is signed, and when it is good. The agent checks it, and root checks it again."""

import base64
import binascii
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gough_agent import __version__
from gough_agent.ed25519 import is_signed
from gough_agent.errors import CommandFailed

KEY = Path(__file__).resolve().parents[1] / "upgrade.pub"  # beside the package, root's own
MAX_PACKAGE_BYTES = 16 * 1024 * 1024
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
VERSION = re.compile(r"\d{1,4}(\.\d{1,4}){1,3}")
SHA256 = re.compile(r"[0-9a-f]{64}")
FIELDS = ("version", "architecture", "sha256", "signature")


class Offer(NamedTuple):
    version: str
    architecture: str  # Debian's name
    sha256: str  # of the package
    signature: str  # base64, of `manifest`

    @property
    def file(self) -> str:
        return f"gough-agent_{self.version}_{self.architecture}.deb"

    @property
    def manifest(self) -> bytes:
        """What the signature is of."""
        return f"gough-agent upgrade 1\n{self.version}\n{self.architecture}\n{self.sha256}\n".encode()


def checked(said: Mapping[str, Any], key_file: Path = KEY, installed: str = __version__) -> Offer:
    """Raises CommandFailed unless it is signed with the pinned key, newer than `installed`, and for this machine."""
    offer = Offer(*(str(said.get(field, "")) for field in FIELDS))
    if not VERSION.fullmatch(offer.version) or not SHA256.fullmatch(offer.sha256):
        raise CommandFailed("the offer has no version and checksum")
    if not is_signed(pinned_key(key_file), offer.manifest, _bytes(offer.signature)):
        raise CommandFailed("the signature is not of the key that this agent was installed with")
    if offer.architecture != ARCHITECTURES.get(os.uname().machine):
        raise CommandFailed(f"the package is for {offer.architecture}, this machine is {os.uname().machine}")
    if _numbers(offer.version) <= _numbers(installed):
        raise CommandFailed(f"version {offer.version} is not newer than {installed}, which is installed")
    return offer


def pinned_key(file: Path = KEY) -> bytes:
    """Raises CommandFailed where none was pinned: such an agent is never upgraded by a server."""
    try:
        return _bytes(file.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise CommandFailed(
            f"no key is pinned in {file}, so nothing can be checked: install the new version as this one was"
        ) from error


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
