"""Sealing what must be read back, hashing what must only be recognised."""

import hashlib
import secrets
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gough.domain.errors import Misconfigured


class Sealer:
    """Encrypts with a key derived from SECRET_KEY."""

    def __init__(self, secret_key: str) -> None:
        derived = HKDF(SHA256(), 32, salt=None, info=b"gough sealing v1").derive(secret_key.encode())
        self._fernet = Fernet(urlsafe_b64encode(derived))

    def seal(self, clear: bytes) -> bytes:
        return self._fernet.encrypt(clear)

    def open(self, sealed: bytes) -> bytes:
        """Raises Misconfigured when SECRET_KEY is not the one it was sealed with."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise Misconfigured(
                "A stored secret cannot be opened: SECRET_KEY is not the one it was sealed with.",
                hint="Start Gough with the SECRET_KEY that this database was made with.",
            ) from error

    def seal_text(self, clear: str) -> str:
        return self.seal(clear.encode()).decode()

    def open_text(self, sealed: str) -> str:
        return self.open(sealed.encode()).decode()


def new_secret(prefix: str = "") -> str:
    """A fresh secret of 256 bits, safe in a URL."""
    return prefix + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """SHA-256, hex. Enough for secrets of 256 bits; passwords go through argon2 instead."""
    return hashlib.sha256(secret.encode()).hexdigest()
