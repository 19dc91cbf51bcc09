"""What must outlive the process: `agent.json` in the state directory, mode 0600.

The last answer is kept apart in `last.json`: it changes with every heartbeat, and must neither cost a
flush to the disk nor put the key at risk. systemd's RUNTIME_DIRECTORY, in memory, is the place for it.
"""

import contextlib
import fcntl
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from gough_agent.errors import ConfigInvalid


class State(NamedTuple):
    key: str | None = None
    token_sha256: str | None = None  # the token the key was made for
    agent_id: str | None = None  # None until the server has accepted the key
    sequence_reserved: int = 0  # numbers up to here may have been used
    next_key: str | None = None  # made, but not yet known to be the server's
    heartbeats_dropped: int = 0  # for want of room in the spool, ever


class Store:
    """Holds the state and keeps the file the same. Raises ConfigInvalid when the directory can't be used."""

    def __init__(self, directory: Path, runtime: Path | None = None) -> None:
        self._directory, self._runtime = directory, runtime or directory
        self.state = State(**_read(directory / "agent.json", State._fields))

    def lock(self) -> int:
        """One agent per directory: two would use the same sequence numbers. Held until the process ends."""
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._directory / "agent.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unusable(self._directory, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise ConfigInvalid(
                f"another agent runs with {self._directory}: stop it, or set STATE_DIRECTORY to another folder"
            ) from error
        self.state = State(**_read(self._directory / "agent.json", State._fields))
        return descriptor

    def update(self, **changes: Any) -> None:
        """The change is on the disk when this returns."""
        state = self.state._replace(**changes)
        self._write(self._directory / "agent.json", {"version": 1, **state._asdict()}, durable=True)
        self.state = state

    def note_answer(self, **answer: Any) -> None:
        """A disk that is full must not silence the agent: that is when it has most to say."""
        with contextlib.suppress(ConfigInvalid):
            self._write(self._runtime / "last.json", answer, durable=False)

    def last_answer(self) -> dict[str, Any]:
        return _read(self._runtime / "last.json", ("at", "status", "said", "agent_id", "clock_skew_seconds", "errors"))

    def folder(self, name: str) -> Path:
        """One within the state directory, for what is neither key nor number; it may not be there yet."""
        return self._directory / name

    def _write(self, target: Path, content: dict[str, Any], *, durable: bool) -> None:
        temporary = target.with_name(f"{target.name}.new")
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(descriptor, 0o600)  # a leftover may have been created otherwise
                json.dump(content, file)
                file.flush()
                if durable:
                    os.fsync(descriptor)
            temporary.replace(target)
            if durable:
                _sync_directory(target.parent)
        except OSError as error:
            raise _unusable(target.parent, error) from error


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path, fields: tuple[str, ...]) -> dict[str, Any]:
    """The fields that are there; nothing when the file isn't."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {field: content[field] for field in fields if field in content}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _unusable(path, error) from error
    except (ValueError, TypeError) as error:
        # Starting afresh would throw away the key that the token is bound to.
        raise ConfigInvalid(f"{path} is damaged: move it away and give the machine a new enrolment token") from error


def _unusable(path: Path, error: OSError) -> ConfigInvalid:
    return ConfigInvalid(
        f"{path} cannot be used: {error.strerror}; let the agent's user read and write it, or set STATE_DIRECTORY"
    )
