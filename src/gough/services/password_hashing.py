"""Passwords as they are stored: argon2id."""

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

_hasher = PasswordHasher()
# Verified when there is no such user, so that the time it takes does not tell which names exist.
_DUMMY = _hasher.hash("no such user")


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; takes as long where there is none."""
    try:
        return _hasher.verify(password_hash or _DUMMY, password) and bool(password_hash)
    except VerifyMismatchError:
        return False
