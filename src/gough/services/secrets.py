"""Sealing what must be read back, hashing what must only be recognised, deriving keys for what must be signed."""

import hashlib
import secrets
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gough.domain.errors import Misconfigured


class Sealer:
    """Encrypts with a key derived from SECRET_KEY; opens what the key before it has sealed, too."""

    def __init__(self, secret_key: str, previous: str = "") -> None:
        self._keys = tuple(key for key in (secret_key, previous) if key)
        fernets = [Fernet(urlsafe_b64encode(key)) for key in self.derive("sealing")]
        self._newest, self._any = fernets[0], MultiFernet(fernets)

    def seal(self, clear: bytes) -> bytes:
        return self._newest.encrypt(clear)

    def open(self, sealed: bytes) -> bytes:
        """Raises Misconfigured when SECRET_KEY is not the one it was sealed with."""
        try:
            return self._any.decrypt(sealed)
        except InvalidToken as error:
            raise Misconfigured(
                "A stored secret cannot be opened: SECRET_KEY is not the one it was sealed with.",
                hint="Start Gough with the SECRET_KEY that this database was made with.",
            ) from error

    def seal_text(self, clear: str) -> str:
        return self.seal(clear.encode()).decode()

    def open_text(self, sealed: str) -> str:
        return self.open(sealed.encode()).decode()

    def renewed(self, sealed: bytes) -> bytes:
        """The same, sealed with the newest key; unchanged where it is already. Raises Misconfigured as `open`."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return self.seal(self.open(sealed))
        return sealed

    def derive(self, purpose: str) -> tuple[bytes, ...]:
        """32 bytes for that purpose alone, of each key there is; the newest first."""
        info = f"gough {purpose} v1".encode()
        return tuple(HKDF(SHA256(), 32, salt=None, info=info).derive(key.encode()) for key in self._keys)


def new_secret(prefix: str = "") -> str:
    """A fresh secret of 256 bits, safe in a URL."""
    return prefix + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """SHA-256, hex. Enough for secrets of 80 bits and more; passwords go through argon2 instead."""
    return hashlib.sha256(secret.encode()).hexdigest()
