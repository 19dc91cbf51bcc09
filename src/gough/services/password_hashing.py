"""Passwords as they are stored: argon2id."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from gough.domain.errors import Unavailable

AT_ONCE = 4  # each takes 64 MiB and a core for 0.2 s
PATIENCE_SECONDS = 10.0

_hasher = PasswordHasher()
# Verified when there is no such user, so that the time it takes does not tell which names exist.
_DUMMY = _hasher.hash("no such user")
_places = BoundedSemaphore(AT_ONCE)


def hash_password(password: str) -> str:
    """Raises Unavailable, as `is_right` does, where too many are at it."""
    with _place():
        return _hasher.hash(password)


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; takes as long where there is none."""
    with _place():
        try:
            return _hasher.verify(password_hash or _DUMMY, password) and bool(password_hash)
        except VerifyMismatchError:
            return False


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(timeout=PATIENCE_SECONDS):
        raise Unavailable("Gough", "too many passwords are being looked at.", hint="Try again in a moment.")
    try:
        yield
    finally:
        _places.release()
