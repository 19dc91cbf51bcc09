"""Files that only their owner may read."""

import os
import stat
from pathlib import Path

from gough.domain.errors import Misconfigured

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def write_private(path: Path, text: str) -> None:
    """Put `text` in the place of the file, at once: who reads sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def read_secret(path: Path) -> str:
    """Raises Misconfigured where there is none, or where others than its owner may read it."""
    try:
        with path.open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & OTHERS:
                raise Misconfigured(
                    f"{path} holds a secret, and others than its owner may read it.",
                    hint=f"chmod 600 {path}; if others have read it, revoke what is in it.",
                )
            text = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Misconfigured(f"{path} cannot be read: {reason}.", hint="Name a file that holds the secret.") from error
    if not text:
        raise Misconfigured(f"{path} is empty.", hint="It should hold the secret and nothing else.")
    return text
